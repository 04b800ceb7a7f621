/**
 * Each instance that comes makes the ledger write a page for each of these indexes. An instance is known by its path, which is
 * generated and never used twice, so it needs no identifier beside it; and no row is ever deleted, so no count of those that were.
 * Built anew, since SQLite cannot drop what a table's own definition indexes (https://sqlite.org/lang_altertable.html §7).
 */
export const leanInstances = `
CREATE TABLE lean_instances (
  sequence            INTEGER PRIMARY KEY,
  path                TEXT NOT NULL UNIQUE,
  sop_instance_uid    TEXT NOT NULL,
  sop_class_uid       TEXT NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  study_instance_uid  TEXT,
  series_instance_uid TEXT,
  modality            TEXT,
  calling_ae_title    TEXT NOT NULL,
  called_ae_title     TEXT NOT NULL,
  association_id      TEXT NOT NULL,
  size_bytes          INTEGER NOT NULL,
  received_at         INTEGER NOT NULL,
  state               TEXT NOT NULL DEFAULT 'unrouted' CHECK (state IN ('unrouted', 'held', 'retained', 'reclaimed')),
  routed_at           INTEGER,
  why                 TEXT,
  retained_until      INTEGER,
  lost_at             INTEGER,
  deleted_at          INTEGER
) STRICT;
INSERT INTO lean_instances
  SELECT sequence, path, sop_instance_uid, sop_class_uid, transfer_syntax_uid, study_instance_uid, series_instance_uid, modality,
    calling_ae_title, called_ae_title, association_id, size_bytes, received_at, state, routed_at, why, retained_until, lost_at, deleted_at
  FROM instances ORDER BY sequence;
DROP TABLE instances;
ALTER TABLE lean_instances RENAME TO instances;
CREATE INDEX instances_by_sop_instance ON instances (sop_instance_uid);
CREATE INDEX instances_by_study ON instances (study_instance_uid);
CREATE INDEX instances_by_series ON instances (series_instance_uid);
CREATE INDEX instances_by_association ON instances (association_id);
CREATE INDEX instances_alive ON instances (state, sequence) WHERE state <> 'reclaimed';
CREATE INDEX instances_due ON instances (sequence) WHERE state = 'reclaimed' AND deleted_at IS NULL;
CREATE INDEX instances_retained ON instances (retained_until) WHERE retained_until IS NOT NULL;
`;
