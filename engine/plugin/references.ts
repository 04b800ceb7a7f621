import { Type } from 'typebox';

/** The schema of an option that names a destination of the configuration: an unknown one is reported when the workflow is checked. */
export const destinationNameSchema = Type.String({
  minLength: 1,
  description: "A destination's name in the configuration.",
  'x-gantry': 'destination',
});

/** The schema of an option that names a job of the configuration: an unknown one is reported when the workflow is checked. */
export const jobNameSchema = Type.String({ minLength: 1, description: "A job's name in the configuration.", 'x-gantry': 'job' });
