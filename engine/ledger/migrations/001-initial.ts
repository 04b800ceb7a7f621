/**
 * `instances.state` is derived from an instance's claims and kept by `restate`: `unrouted` until intake has decided, `held` while a
 * group that is not settled claims it, `retained` while only settled ones that keep it do (or its own `retained_until`, where no rule
 * could decide), `reclaimed` when none does.
 * A claim's state is its group's: open (collecting), held (closed), retained or released (settled).
 */
export const initial = `
CREATE TABLE instances (
  sequence            INTEGER PRIMARY KEY AUTOINCREMENT,
  id                  TEXT NOT NULL UNIQUE,
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
  sha256              TEXT NOT NULL,
  path                TEXT NOT NULL,
  received_at         INTEGER NOT NULL,
  state               TEXT NOT NULL DEFAULT 'unrouted' CHECK (state IN ('unrouted', 'held', 'retained', 'reclaimed')),
  routed_at           INTEGER,
  why                 TEXT,
  retained_until      INTEGER,
  lost_at             INTEGER,
  deleted_at          INTEGER
) STRICT;
CREATE INDEX instances_by_sop_instance ON instances (sop_instance_uid);
CREATE INDEX instances_by_study ON instances (study_instance_uid);
CREATE INDEX instances_by_series ON instances (series_instance_uid);
CREATE INDEX instances_by_association ON instances (association_id);
CREATE INDEX instances_alive ON instances (state, sequence) WHERE state <> 'reclaimed';
CREATE INDEX instances_due ON instances (sequence) WHERE state = 'reclaimed' AND deleted_at IS NULL;
CREATE INDEX instances_retained ON instances (retained_until) WHERE retained_until IS NOT NULL;
CREATE UNIQUE INDEX instances_on_disk ON instances (path) WHERE deleted_at IS NULL;

CREATE TABLE groups (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  workflow          TEXT NOT NULL,
  workflow_id       TEXT NOT NULL,
  called_ae_title   TEXT NOT NULL,
  group_key         TEXT NOT NULL,
  definition        TEXT NOT NULL,
  state             TEXT NOT NULL DEFAULT 'collecting' CHECK (state IN ('collecting', 'closed', 'settled')),
  run_id            TEXT,
  opened_at         INTEGER NOT NULL,
  closed_at         INTEGER,
  settled_at        INTEGER,
  retained_until    INTEGER,
  released_at       INTEGER,
  wake_at_instances INTEGER,
  wake_on_release   INTEGER NOT NULL DEFAULT 0,
  release_unseen    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX groups_collecting ON groups (workflow, called_ae_title, group_key) WHERE state = 'collecting';
CREATE INDEX groups_open ON groups (id) WHERE state <> 'settled';
CREATE INDEX groups_retained ON groups (retained_until) WHERE state = 'settled' AND released_at IS NULL;
CREATE INDEX groups_by_workflow_id ON groups (workflow_id);

CREATE TABLE claims (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  instance   INTEGER NOT NULL REFERENCES instances (sequence),
  group_id   INTEGER NOT NULL REFERENCES groups (id),
  workflow   TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  UNIQUE (instance, workflow)
) STRICT;
CREATE INDEX claims_by_group ON claims (group_id);

CREATE TABLE wakeups (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id   INTEGER NOT NULL REFERENCES groups (id),
  reason     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  last_error TEXT
) STRICT;
CREATE INDEX wakeups_by_group ON wakeups (group_id);

CREATE TABLE definitions (
  hash     TEXT PRIMARY KEY,
  workflow TEXT NOT NULL,
  json     TEXT NOT NULL,
  saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact_sets (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id INTEGER NOT NULL REFERENCES groups (id),
  made_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE artifacts (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  set_id              INTEGER NOT NULL REFERENCES artifact_sets (id),
  sop_instance_uid    TEXT NOT NULL,
  sop_class_uid       TEXT NOT NULL,
  transfer_syntax_uid TEXT NOT NULL,
  study_instance_uid  TEXT,
  series_instance_uid TEXT,
  size_bytes          INTEGER NOT NULL,
  path                TEXT NOT NULL,
  lost_at             INTEGER,
  deleted_at          INTEGER
) STRICT;
CREATE INDEX artifacts_by_set ON artifacts (set_id);
CREATE UNIQUE INDEX artifacts_on_disk ON artifacts (path) WHERE deleted_at IS NULL;

CREATE TABLE associations (
  id               TEXT PRIMARY KEY,
  calling_ae_title TEXT NOT NULL,
  called_ae_title  TEXT NOT NULL,
  peer             TEXT NOT NULL,
  opened_at        INTEGER NOT NULL,
  closed_at        INTEGER,
  how              TEXT,
  stored           INTEGER,
  failed           INTEGER,
  size_bytes       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX associations_open ON associations (id) WHERE closed_at IS NULL;

CREATE TABLE journal (
  key   TEXT NOT NULL,
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  instance INTEGER REFERENCES instances (sequence),
  group_id INTEGER REFERENCES groups (id),
  uid      TEXT,
  what     TEXT NOT NULL,
  why      TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_instance ON events (instance) WHERE instance IS NOT NULL;
CREATE INDEX events_by_group ON events (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX events_by_uid ON events (uid) WHERE uid IS NOT NULL;
`;
