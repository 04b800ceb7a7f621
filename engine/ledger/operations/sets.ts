import { GantryError } from '../../errors/index.ts';
import type { InstanceFile, InstanceSet } from '../../plugin/index.ts';
import type { Database } from '../database.ts';
import { fileColumns } from './columns.ts';
import { existingGroup } from './group.ts';

/** A set's name: `group:<id>` for what a group holds, `artifacts:<id>` for what a step made. */
const setName = /^(group|artifacts):(\d{1,15})$/;

export function groupSet(database: Database, id: number): InstanceSet {
  existingGroup(database, id);
  return sized(
    `group:${id}`,
    database.get(
      'SELECT count(*) AS count, coalesce(sum(i.size_bytes), 0) AS sizeBytes FROM claims c JOIN instances i ON i.sequence = c.instance WHERE c.group_id = ?',
      id,
    ),
  );
}

/** Throws GY416 for a set that never was. */
export function files(database: Database, set: string): readonly InstanceFile[] {
  const [, kind, digits] = setName.exec(set) ?? [];
  const id = Number(digits);
  if (kind === 'group') {
    existingGroup(database, id);
    return database.all<InstanceFile>(
      `SELECT ${fileColumns} FROM claims c JOIN instances i ON i.sequence = c.instance WHERE c.group_id = ? ORDER BY c.id`,
      id,
    );
  }
  if (kind === 'artifacts' && database.get('SELECT 1 FROM artifact_sets WHERE id = ?', id) !== undefined)
    return database.all<InstanceFile>(`SELECT ${fileColumns} FROM artifacts WHERE set_id = ? ORDER BY id`, id);
  throw new GantryError('GY416', `the ledger has no set ${JSON.stringify(set)}`);
}

/** Throws GY417 for a settled group: nothing would ever release what comes after. */
export function addArtifacts(database: Database, group: number, made: readonly InstanceFile[]): InstanceSet {
  if (existingGroup(database, group).state === 'settled')
    throw new GantryError('GY417', `group ${group} is settled: it takes no more files`);
  const set = database.run('INSERT INTO artifact_sets (group_id, made_at) VALUES (?, ?)', group, Date.now()).lastId;
  for (const file of made) {
    database.run(
      `INSERT INTO artifacts (set_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, study_instance_uid, series_instance_uid, size_bytes, path)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      set,
      file.sopInstanceUid,
      file.sopClassUid,
      file.transferSyntaxUid,
      file.studyInstanceUid,
      file.seriesInstanceUid,
      file.sizeBytes,
      file.path,
    );
  }
  return sized(
    `artifacts:${set}`,
    database.get('SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS sizeBytes FROM artifacts WHERE set_id = ?', set),
  );
}

const sized = (set: string, row: object | undefined): InstanceSet => ({ set, count: 0, sizeBytes: 0, ...row });
