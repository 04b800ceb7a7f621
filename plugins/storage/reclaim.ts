import { defineStep, Type } from '../../engine/plugin/index.ts';

export const reclaim = defineStep({
  title: 'Reclaim files',
  description:
    "Ends the run's hold on its instances and on what its steps made: at once when the run succeeded, after the workflow's retention when it did not. A file goes when nothing holds it any more.",
  options: Type.Object({}, { additionalProperties: false }),
  output: Type.Object(
    {
      released: Type.Integer({ description: 'Instances let go now.' }),
      retained: Type.Integer({ description: 'Instances kept for a while, because the run did not succeed.' }),
      retainedUntil: Type.Union([Type.String(), Type.Null()], { description: 'ISO 8601; null where nothing is kept.' }),
    },
    { additionalProperties: false },
  ),
  summary: 'reclaim files',
  timeout: '5m',

  async run(_options, { claims }) {
    const { released, retained, retainedUntil } = await claims.release();
    return { released, retained, retainedUntil: retainedUntil === null ? null : new Date(retainedUntil).toISOString() };
  },
});
