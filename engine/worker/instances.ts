import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadFileFacts } from '../dicom/index.ts';
import { catalogue, GantryError } from '../errors/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { fatal, type InstanceFile, type InstanceSet, type Instances } from '../plugin/index.ts';
import type { Storage } from '../storage/index.ts';
import { dicomFiles } from './dicom-files.ts';

export interface InstancesOptions {
  /** The ledger's group row. */
  readonly group: number;
  readonly set: InstanceSet;
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly readFileFacts: ReadFileFacts;
  readonly signal: AbortSignal;
}

/** A step's view of its run's files. */
export function createInstances({ group, set, ledger, storage, readFileFacts, signal }: InstancesOptions): Instances {
  const list: Instances['list'] = async ({ set }) =>
    (await ledger.files(set)).map((file) => ({ ...file, path: storage.resolve(file.path) }));
  return {
    group: set,
    list,

    async materialise(wanted, folder) {
      const files = await list(wanted);
      await mkdir(folder, { recursive: true });
      const digits = String(files.length).length;
      for (const [index, file] of files.entries()) {
        signal.throwIfAborted();
        await place(file.path, join(folder, `${String(index + 1).padStart(digits, '0')}.dcm`));
      }
    },

    async adopt(folder) {
      // All are read before the first is taken: output that is broken in part is not used in part.
      const found: { readonly path: string; readonly facts: Identified }[] = [];
      const broken: string[] = [];
      for await (const { path, isPart10 } of dicomFiles(folder)) {
        signal.throwIfAborted();
        const facts = isPart10 ? await identify(path, readFileFacts) : 'named .dcm, and not a DICOM Part 10 file';
        if (typeof facts === 'string') broken.push(facts);
        else found.push({ path, facts });
      }
      // Names of files may name patients: how many there are, and what is wrong with the first, must do.
      if (broken.length > 0) throw fatal('OutputInvalid', `${broken.length} of its DICOM files cannot be used (${broken[0]})`);

      const adopted: InstanceFile[] = [];
      try {
        for (const { path, facts } of found) {
          signal.throwIfAborted();
          const { datasetOffset, ...file } = facts;
          const { path: stored, sizeBytes } = await storage.adopt(path);
          adopted.push({ ...file, sizeBytes, path: stored });
        }
        return await ledger.addArtifacts(group, adopted);
      } catch (error) {
        await Promise.all(adopted.map(({ path }) => storage.delete(path).catch(() => {})));
        throw error;
      }
    },
  };
}

type Identified = Omit<InstanceFile, 'path' | 'sizeBytes'> & { readonly datasetOffset: number };

/** What a file is, or what is wrong with it. */
async function identify(path: string, readFileFacts: ReadFileFacts): Promise<Identified | string> {
  try {
    const { sopInstanceUid, sopClassUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid, datasetOffset } =
      await readFileFacts(path);
    // Without a name it cannot be addressed, sent or explained.
    if (sopInstanceUid === null || sopClassUid === null) return 'without SOP Class UID or SOP Instance UID';
    return { sopInstanceUid, sopClassUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid, datasetOffset };
  } catch (error) {
    if (error instanceof GantryError) return catalogue[error.code].title;
    throw error;
  }
}

/** A hard link where source and folder are on one file system that has them, else a copy; read-only either way. */
async function place(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!noLinks.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
  await chmod(target, 0o444);
}

/** Another file system, none with hard links, too many of them, or fs.protected_hardlinks. */
const noLinks: ReadonlySet<string> = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
