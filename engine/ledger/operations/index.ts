import type { Database } from '../database.ts';
import type { Ledger } from '../ledger.ts';
import { associationClosed, associationOpened } from './associations.ts';
import { counts } from './counts.ts';
import { definition, saveDefinition } from './definitions.ts';
import { event } from './events.ts';
import { expireRetained } from './expire-retained.ts';
import { explain } from './explain.ts';
import { forgetAssociations } from './forget-associations.ts';
import { group } from './group.ts';
import { closeGroup, openGroups, takeGroup } from './groups.ts';
import { instances, unrouted } from './instances.ts';
import { journal, journalWrite } from './journal.ts';
import { associations } from './list-associations.ts';
import { observeGroup } from './observe-group.ts';
import { knownPaths, lost, reclaimable, reclaimed } from './reclaim.ts';
import { record } from './record.ts';
import { associationsRejected } from './rejections.ts';
import { route } from './route.ts';
import { addArtifacts, files, groupSet } from './sets.ts';
import { settleGroup } from './settle-group.ts';
import { wakeGroupOn } from './wake-group-on.ts';
import { dueWakeUps, wake, wakeUpFailed, wakeUpSent } from './wake-ups.ts';

export type OperationName = Exclude<keyof Ledger, 'close'>;

/** The ledger's methods as functions on a connection: synchronous, inside a transaction that someone else began. */
export type Operations = {
  readonly [M in OperationName]: (database: Database, ...values: Parameters<Ledger[M]>) => Awaited<ReturnType<Ledger[M]>>;
};

export const operations: Operations = {
  record,
  associationOpened,
  associationClosed,
  associationsRejected,
  associations,
  forgetAssociations,
  unrouted,
  route,
  dueWakeUps,
  wakeUpSent,
  wakeUpFailed,
  wake,
  saveDefinition,
  definition,
  openGroups,
  group,
  takeGroup,
  observeGroup,
  wakeGroupOn,
  closeGroup,
  settleGroup,
  groupSet,
  files,
  addArtifacts,
  journal,
  journalWrite,
  event: (database, subject, what, why) => event(database, subject, what, why),
  expireRetained,
  reclaimable,
  reclaimed,
  knownPaths,
  lost,
  instances,
  explain,
  counts,
};
