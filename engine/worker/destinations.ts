import type { Config } from '../config/index.ts';
import type { SendFiles } from '../dicom/index.ts';
import { GantryError } from '../errors/index.ts';
import { type Destinations, fatal, retryable } from '../plugin/index.ts';
import { passSpaceGate } from './space-rules.ts';

/** The configured destinations, reached with our own AE title. */
export function createDestinations(
  dicom: Pick<Config['dicom'], 'aeTitle' | 'destinations'>,
  sendFiles: SendFiles,
  space: Parameters<typeof passSpaceGate>[1],
): Destinations {
  return {
    names: Object.keys(dicom.destinations),
    async store(destination, files, { associations = 2, signal, onResult }) {
      const peer = Object.hasOwn(dicom.destinations, destination) ? dicom.destinations[destination] : undefined;
      if (peer === undefined) {
        throw fatal('UnknownDestination', `there is no destination "${destination}"`, {
          hint: 'Add it to dicom.destinations of the configuration, or correct the workflow.',
        });
      }
      await passSpaceGate('exports', space);
      try {
        return await sendFiles(peer, files, { callingAeTitle: dicom.aeTitle, associations, signal, onResult });
      } catch (error) {
        signal.throwIfAborted();
        throw asPluginError(error, destination);
      }
    },
  };
}

/** Names for retry policies, which know nothing of our codes. */
function asPluginError(error: unknown, destination: string): unknown {
  if (!(error instanceof GantryError)) return error;
  const message = `${destination}: ${error.message}`;
  const options = { hint: error.mend, cause: error };
  switch (error.code) {
    case 'GY330':
    case 'GY333':
    case 'GY337':
      return retryable('DestinationUnreachable', message, options);
    case 'GY331':
      return retryable('AssociationRejected', message, options);
    case 'GY332':
      return fatal('AssociationRejectedPermanently', message, options);
    default:
      return error;
  }
}
