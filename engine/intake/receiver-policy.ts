import type { ReadFileFacts, ReceiverPolicy } from '../dicom/index.ts';
import { storeStatus } from '../dicom/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { Storage } from '../storage/index.ts';
import { accept } from './acceptance.ts';
import { judge } from './admission.ts';

export interface ReceiverPolicyOptions {
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly readFileFacts: ReadFileFacts;
  readonly log: Log;
  readonly rejectUnknownSources: boolean;
  readonly sources: Iterable<{ readonly aeTitle: string; readonly host: string }>;
  /** Rules by called AE title. */
  readonly rules: Readonly<Record<string, { readonly ignoredSopClasses: readonly string[]; readonly overwriteSameInstance: boolean }>>;
  /** Titles named by workflows, as loaded now. */
  workflowAeTitles(): Iterable<string>;
  onRecorded(): void;
  /** Wake-ups may be due: groups can ask to be woken when an association ends. */
  onAssociationEnd(): void;
}

/** The receiver's questions, answered by the engine's rules: who may associate, where an instance goes, what is remembered of an association. */
export function createReceiverPolicy(options: ReceiverPolicyOptions): ReceiverPolicy {
  const { storage, ledger, log, rules } = options;
  // The guard's newest word: instances are judged without waiting, and each association refreshes it.
  let spaceOpen = true;
  const refreshSpace = async (): Promise<void> => {
    spaceOpen = (await storage.space()).open;
  };

  return {
    async admit(proposal) {
      await refreshSpace();
      const calledAeTitles = new Set([...Object.keys(rules), ...options.workflowAeTitles()]);
      const rejection = await judge(proposal, { ...options, calledAeTitles, spaceOpen });
      if (rejection !== null) {
        const { callingAeTitle, calledAeTitle, peer } = proposal;
        const { result, source, reason, why } = rejection;
        log.warn('association rejected', { callingAeTitle, calledAeTitle, peer, code: `${result}/${source}/${reason}`, why });
      }
      return rejection;
    },
    acceptsSopClass: () => true,
    opened: (association) => ledger.associationOpened(association),
    instance(incoming) {
      const { calledAeTitle } = incoming.association;
      const rule = rules[calledAeTitle];
      // An ignored class is answered Success and dropped: what the site configured, and what keeps modalities from retrying for ever.
      if (rule?.ignoredSopClasses.includes(incoming.sopClassUid)) return storeStatus.success();
      void refreshSpace().catch(() => {});
      if (!spaceOpen) return storeStatus.outOfResources('free space is below the reserve');
      return accept(incoming, { ...options, overwriteSameInstance: rule?.overwriteSameInstance ?? false });
    },
    async closed(association, summary) {
      const { id, callingAeTitle, calledAeTitle, peer, openedAt } = association;
      const closedAt = Date.now();
      await ledger.associationClosed(id, { ...summary, closedAt });
      const { how, stored, failed, sizeBytes, why } = summary;
      log.info('association ended', {
        callingAeTitle,
        calledAeTitle,
        peer,
        how,
        stored,
        failed,
        sizeBytes,
        milliseconds: closedAt - openedAt,
        why,
      });
      options.onAssociationEnd();
    },
  };
}
