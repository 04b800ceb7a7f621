import type { ReceiverPolicy } from '../dicom/index.ts';
import { storeStatus } from '../dicom/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import { printable } from '../plugin/index.ts';
import type { Storage } from '../storage/index.ts';
import { type AcceptanceOptions, accept } from './acceptance.ts';
import { judge } from './admission.ts';
import type { CalledTitleRules } from './called-title.ts';
import { type AddressesOf, createHostNames } from './host-names.ts';
import { createRejectionRecorder, rejectionCode } from './rejections.ts';
import { createFindSource, type SourceRules } from './sources.ts';

export interface ReceiverPolicyOptions extends Omit<AcceptanceOptions, 'overwriteSameInstance'> {
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly rejectUnknownSources: boolean;
  /** By a name of the site's own. */
  readonly sources: Readonly<Record<string, SourceRules>>;
  /** Associations at once from one address; null: any number. */
  readonly maxAssociationsPerPeer: number | null;
  readonly maxInstanceSizeBytes: number | null;
  /** Rules for a called AE title, as configured and loaded now; null: it is none of ours. */
  rulesOf(calledAeTitle: string): CalledTitleRules | null;
  /** Wake-ups may be due: groups can ask to be woken when an association ends. */
  onAssociationEnd(): void;
  /** For tests. */
  readonly addressesOf?: AddressesOf;
}

/** Lengths of PS3.5 §6.2 and of an address in text; a line of the log holds no more, and nothing that a terminal would obey. */
const inLog = ({ callingAeTitle, calledAeTitle, peer }: Readonly<Record<'callingAeTitle' | 'calledAeTitle' | 'peer', string>>) => ({
  callingAeTitle: printable(callingAeTitle, 16),
  calledAeTitle: printable(calledAeTitle, 16),
  peer: printable(peer, 64),
});

/** The receiver's questions, answered by the engine's rules: who may associate, where an instance goes, what is remembered of an association. */
export function createReceiverPolicy(options: ReceiverPolicyOptions): ReceiverPolicy {
  const { storage, ledger, log, sources, addressesOf = createHostNames() } = options;
  const rejections = createRejectionRecorder({ ledger, log });
  const findSource = createFindSource(sources, addressesOf);
  // The guard's newest word: instances are judged without waiting, and each association refreshes it.
  let spaceOpen = true;
  const refreshSpace = async (): Promise<void> => {
    spaceOpen = (await storage.space()).open;
  };

  return {
    async admit(proposal) {
      await refreshSpace();
      return judge(proposal, { ...options, findSource, spaceOpen });
    },
    rejected(proposal, rejection) {
      log.warn('association rejected', { ...inLog(proposal), code: rejectionCode(rejection), why: rejection.why });
      rejections.add(proposal, rejection);
    },
    opened: (association) => ledger.associationOpened(association),
    instance(incoming) {
      const rules = options.rulesOf(incoming.association.calledAeTitle);
      // An ignored class is answered Success and dropped: what the site configured, and what keeps modalities from retrying for ever.
      if (rules?.ignoredSopClasses.includes(incoming.sopClassUid)) return storeStatus.success();
      void refreshSpace().catch(() => {});
      if (!spaceOpen) return storeStatus.outOfResources('free space is below the reserve');
      return accept(incoming, { ...options, overwriteSameInstance: rules?.overwriteSameInstance ?? false });
    },
    async closed(association, summary) {
      const { id, openedAt } = association;
      const closedAt = Date.now();
      await ledger.associationClosed(id, { ...summary, closedAt });
      const { how, stored, failed, sizeBytes, why } = summary;
      log.info('association ended', {
        ...inLog(association),
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
