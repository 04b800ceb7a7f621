/**
 * What ops ask of an association: why it ended, what was answered, what was negotiated, with whom. JSON: `statuses` is an object of
 * counts by status in hex, `refused_contexts` a list of pairs of abstract syntax and result. Rejected ones are counted by the hour.
 * Duplicates are told by comparing files, so that hashing costs receiving nothing: instances lose their hash.
 */
export const associations = `
ALTER TABLE instances DROP COLUMN sha256;

ALTER TABLE associations ADD COLUMN why TEXT;
ALTER TABLE associations ADD COLUMN statuses TEXT NOT NULL DEFAULT '{}';
ALTER TABLE associations ADD COLUMN accepted_contexts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE associations ADD COLUMN refused_contexts TEXT NOT NULL DEFAULT '[]';
ALTER TABLE associations ADD COLUMN implementation_class_uid TEXT NOT NULL DEFAULT '';
ALTER TABLE associations ADD COLUMN implementation_version_name TEXT NOT NULL DEFAULT '';
ALTER TABLE associations ADD COLUMN tls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE associations ADD COLUMN tls_subject TEXT;
CREATE INDEX associations_by_opening ON associations (opened_at);

CREATE TABLE rejections (
  hour             INTEGER NOT NULL,
  calling_ae_title TEXT NOT NULL,
  called_ae_title  TEXT NOT NULL,
  peer             TEXT NOT NULL,
  code             TEXT NOT NULL,
  why              TEXT NOT NULL,
  first_at         INTEGER NOT NULL,
  last_at          INTEGER NOT NULL,
  times            INTEGER NOT NULL,
  PRIMARY KEY (hour, calling_ae_title, called_ae_title, peer, code)
) STRICT, WITHOUT ROWID;
`;
