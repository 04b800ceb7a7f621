export type {
  AssociationEnd,
  AssociationRecord,
  GroupObservation,
  GroupRow,
  GroupState,
  InstanceFilter,
  InstanceRow,
  InstanceState,
  Ledger,
  LedgerEvent,
  NewInstance,
  RecordOutcome,
  Routing,
  WakeReason,
  WakeUp,
} from './ledger.ts';
export { openLedger } from './open-ledger.ts';
export { openLedgerReader } from './open-ledger-reader.ts';
