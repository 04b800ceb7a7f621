import {
  defineBatching,
  durationSchema,
  formatDuration,
  type GroupTotals,
  parseDuration,
  printable,
  Type,
} from '../../engine/plugin/index.ts';

/**
 * A sliding quiet period: each arrival restarts it, over however many associations the group comes in. An open
 * association does not hold the group (peers keep associations open for hours); the limit ends even a stream that never pauses.
 */
export const timeout = defineBatching({
  title: 'Complete after a quiet period',
  description:
    'The group is complete when nothing has arrived for a while, over associations; at the latest some time after its first instance.',
  options: Type.Object(
    {
      quiet: durationSchema({ default: '30s', description: 'Nothing has arrived for this long. Each instance restarts it.' }),
      limit: durationSchema({ default: '15m', description: 'Longest time from the first arrival, whether quiet or not.' }),
      instances: Type.Optional(Type.Integer({ minimum: 1, description: 'Complete as soon as this many have arrived.' })),
    },
    { additionalProperties: false },
  ),

  decide(_state, { now, totals, completeNow }, { quiet, limit, instances: wanted }) {
    const counted = describe(totals);
    if (completeNow !== null)
      return { complete: true, why: `${counted}; an operator completed it${completeNow === '' ? '' : `: ${printable(completeNow, 120)}`}` };

    const { firstAt, lastAt } = totals;
    if (firstAt === null || lastAt === null) {
      return { complete: false, wakeAt: now + parseDuration(quiet), wakeOn: { instances: 1 }, state: null, why: 'nothing has arrived yet' };
    }
    if (wanted !== undefined && totals.instances >= wanted) return { complete: true, why: `${counted}; ${wanted} were waited for` };
    const quietAt = lastAt + parseDuration(quiet);
    if (now >= quietAt)
      return { complete: true, why: `${counted}, quiet for ${formatDuration(parseDuration(quiet))} since ${timeOfDay(lastAt)}` };
    const limitAt = firstAt + parseDuration(limit);
    if (now >= limitAt) {
      return {
        complete: true,
        why: `${counted}, last ${timeOfDay(lastAt)}; limit of ${formatDuration(parseDuration(limit))} since ${timeOfDay(firstAt)} reached`,
      };
    }
    const until = limitAt < quietAt ? `at the latest ${timeOfDay(limitAt)}` : `quiet until ${timeOfDay(quietAt)}`;
    return {
      complete: false,
      wakeAt: Math.min(quietAt, limitAt),
      ...(wanted === undefined ? {} : { wakeOn: { instances: wanted } }),
      state: null,
      why: `${counted}, last ${timeOfDay(lastAt)}, ${until}`,
    };
  },
});

const describe = ({ instances, series }: GroupTotals): string =>
  `${instances} ${instances === 1 ? 'instance' : 'instances'} in ${series} series`;

/** UTC, as the Temporal UI shows by default. */
const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 19);
