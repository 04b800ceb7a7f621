import {
  defineStep,
  destinationNameSchema,
  fatal,
  type InstanceFile,
  instanceSetSchema,
  isPluginError,
  type PluginError,
  retryable,
  type StepContext,
  Type,
} from '../../engine/plugin/index.ts';
import { type DeliveryJournal, openDeliveryJournal } from './delivery-journal.ts';
import { arrival, isPermanent, reason } from './delivery-outcome.ts';

/** A run's payloads are limited (2 MB at Temporal); beyond this the number tells the rest. */
const listedFailures = 1_000;

export const exportStep = defineStep({
  title: 'Send to DICOM destinations',
  description:
    'Sends instances as they are (C-STORE), to several destinations at once. Fails when more than `failThreshold` of the instances did not arrive at a destination; a retry sends only what has not arrived.',
  options: Type.Object(
    {
      instances: Type.Optional(
        Type.Object(instanceSetSchema.properties, {
          ...instanceSetSchema,
          description: "What to send; the group's instances where it is left out.",
        }),
      ),
      destinations: Type.Array(destinationNameSchema, {
        minItems: 1,
        uniqueItems: true,
        description: 'Where to send, by name in the configuration.',
      }),
      failThreshold: Type.String({
        'x-gantry': 'percent',
        pattern: '^(100|[0-9]{1,2}(\\.[0-9]+)?)%$',
        default: '50%',
        description: 'The step fails when more than this share did not arrive.',
      }),
      associations: Type.Integer({ minimum: 1, maximum: 16, default: 2, description: 'Associations at once for each destination.' }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    {
      delivered: Type.Integer({ description: 'Deliveries that arrived, over all destinations.' }),
      failed: Type.Integer({ description: 'Deliveries that did not, over all destinations.' }),
      warnings: Type.Integer({ description: 'Of the delivered, those stored with a warning (Bxxx).' }),
      destinations: Type.Record(
        Type.String(),
        Type.Object(
          {
            delivered: Type.Integer(),
            warnings: Type.Integer(),
            failed: Type.Record(Type.String(), Type.String(), { description: `Why, by SOP Instance UID; the first ${listedFailures}.` }),
          },
          { additionalProperties: false },
        ),
        { description: 'How each destination fared, by name.' },
      ),
    },
    { additionalProperties: false },
  ),
  summary: 'send to {destinations}',
  timeout: '2h',

  async run({ instances, destinations, failThreshold, associations }, context) {
    const files = await context.instances.list(instances ?? context.instances.group);
    const journal = await openDeliveryJournal(context.journal);
    const report = reporter(destinations, files, journal, context);
    report();
    const attempts = await Promise.allSettled(destinations.map((name) => deliver(name, files, { associations, journal, context, report })));
    await journal.flush();
    context.signal.throwIfAborted();

    const threshold = Number.parseFloat(failThreshold) / 100;
    const problems: unknown[] = [];
    const deliveries = attempts.flatMap((attempt) => {
      if (attempt.status === 'rejected') problems.push(attempt.reason);
      else if (attempt.value.failed.length > threshold * files.length)
        problems.push(tooManyFailures(attempt.value, files.length, failThreshold));
      return attempt.status === 'fulfilled' ? [attempt.value] : [];
    });
    // One that may pass by itself goes before one that will not: what it holds back gets its further attempts first.
    const problem = problems.find((error) => !isPluginError(error) || error.retryable) ?? problems[0];
    if (problem !== undefined) throw problem;

    const sum = (count: (delivery: Delivery) => number): number => deliveries.reduce((total, delivery) => total + count(delivery), 0);
    return {
      delivered: sum(({ delivered }) => delivered),
      failed: sum(({ failed }) => failed.length),
      warnings: sum(({ warnings }) => warnings),
      destinations: Object.fromEntries(
        deliveries.map(({ destination, delivered, warnings, failed }) => [
          destination,
          {
            delivered,
            warnings,
            failed: Object.fromEntries(failed.slice(0, listedFailures).map(({ sopInstanceUid, why }) => [sopInstanceUid, why])),
          },
        ]),
      ),
    };
  },
});

/** How a destination stands after an attempt, earlier attempts counted in. */
interface Delivery {
  readonly destination: string;
  readonly delivered: number;
  readonly warnings: number;
  readonly failed: readonly { readonly sopInstanceUid: string; readonly why: string; readonly permanent: boolean }[];
}

interface Delivering {
  readonly associations: number;
  readonly journal: DeliveryJournal;
  readonly context: StepContext;
  report(destination?: string): void;
}

async function deliver(
  destination: string,
  files: readonly InstanceFile[],
  { associations, journal, context, report }: Delivering,
): Promise<Delivery> {
  const missing = files.filter(({ sopInstanceUid }) => journal.arrived(destination, sopInstanceUid) === undefined);
  const results =
    missing.length === 0
      ? []
      : await context.destinations.store(destination, missing, {
          associations,
          signal: context.signal,
          onResult(result) {
            const how = arrival(result);
            if (how === null) return;
            journal.note(destination, result.sopInstanceUid, how);
            report(destination);
          },
        });
  const failed = results
    .filter((result) => arrival(result) === null)
    .map((result) => ({ sopInstanceUid: result.sopInstanceUid, why: reason(result), permanent: isPermanent(result) }));
  const warnings = files.filter(({ sopInstanceUid }) => journal.arrived(destination, sopInstanceUid) === 'warning').length;
  if (failed.length > 0 || warnings > 0) context.log.warn('not all was stored plainly', { destination, failed: failed.length, warnings });
  return { destination, delivered: files.length - failed.length, warnings, failed };
}

function tooManyFailures({ destination, failed }: Delivery, files: number, failThreshold: string): PluginError {
  const counts = new Map<string, number>();
  for (const { why } of failed) counts.set(why, (counts.get(why) ?? 0) + 1);
  const reasons = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
  const message = `${destination}: ${failed.length} of ${files} instances did not arrive, more than ${failThreshold}: ${reasons.map(([why, count]) => `${count} x ${why}`).join('; ')}`;
  return failed.every(({ permanent }) => permanent)
    ? fatal('TooManyFailures', message, { hint: 'The destination refuses these instances as they are; look at what it accepts.' })
    : retryable('TooManyFailures', message);
}

/** Tells how far each destination is: "PACS 12/60, ARCHIVE 3/60". Called with a destination where one more has arrived. */
function reporter(
  destinations: readonly string[],
  files: readonly InstanceFile[],
  journal: DeliveryJournal,
  { progress }: StepContext,
): (destination?: string) => void {
  const counts = new Map(
    destinations.map((name) => [name, files.filter(({ sopInstanceUid }) => journal.arrived(name, sopInstanceUid) !== undefined).length]),
  );
  return (destination) => {
    if (destination !== undefined) counts.set(destination, (counts.get(destination) ?? 0) + 1);
    const arrived = [...counts.values()].reduce((total, count) => total + count, 0);
    progress(
      arrived,
      files.length * destinations.length,
      [...counts].map(([name, count]) => `${name} ${count}/${files.length}`).join(', '),
    );
  };
}
