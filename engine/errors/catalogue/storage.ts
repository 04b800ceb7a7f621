/** GY4xx: see catalogue.ts. */
export const storageErrors = {
  GY401: {
    title: 'no space left',
    cause: 'The file system, or the quota of the user that Gantry runs as, is full (ENOSPC, EDQUOT, SQLITE_FULL).',
    mend: 'Free space on the file system of the data folder, or raise storage.reserveSpaceGb so that receiving stops earlier.',
  },
  GY402: {
    title: 'not allowed to write',
    cause: 'The file system is mounted read-only, or the folder belongs to another user (EROFS, EACCES, EPERM).',
    mend: 'Give the user that Gantry runs as write access to the data folder, or mount it read-write.',
  },
  GY403: {
    title: 'file operation failed',
    cause: 'The operating system reported an I/O error, a missing folder, or too many open files.',
    mend: 'Look at the system log for the disk named in the message; run `gantry doctor`.',
  },
  GY404: {
    title: 'path outside the storage folder',
    cause: 'A path that would leave the storage folder was asked for.',
    mend: 'Report it as a defect: paths of stored files are generated and never leave the folder.',
  },
  GY405: {
    title: 'file cannot be taken into storage',
    cause: 'A file that a step made is gone, is not a regular file, or is shorter than its own header.',
    mend: 'Let the job write whole DICOM files below its output folder before it ends.',
  },
  GY411: {
    title: 'database of another version',
    cause: 'The ledger was written by a newer Gantry, or an older one that has not been started since the update.',
    mend: 'Start the Gantry that belongs to this data folder, or use another --data folder.',
  },
  GY412: {
    title: 'not a readable ledger',
    cause: 'The file is damaged, or is something else than a ledger of Gantry.',
    mend: 'Restore the ledger from a backup, or name another --data folder; keep the file for an inquiry.',
  },
  GY413: {
    title: 'ledger cannot be opened',
    cause: 'The file or its folder is missing, or may not be written by the user that Gantry runs as.',
    mend: 'Check that the data folder exists on a local disk and may be written by the user that Gantry runs as.',
  },
  GY414: {
    title: 'ledger operation failed',
    cause: 'SQLite reported an error: an I/O error, a lock held too long, or a broken rule of the tables.',
    mend: 'Look at the system log for the disk; if the message names a constraint, report it as a defect.',
  },
  GY415: {
    title: 'ledger is closed',
    cause: 'Something was asked of the ledger after it was closed or after its thread ended.',
    mend: 'Restart the engine; nothing that was acknowledged is lost.',
  },
  GY416: {
    title: 'unknown to the ledger',
    cause: 'A group or a set of files was named that the ledger does not have, as when a run outlived its data folder.',
    mend: 'Check that the engine and Temporal use the data that belong together; cancel runs of another data folder.',
  },
  GY417: {
    title: "group is no longer this run's",
    cause: 'Another run has taken the group, or it is settled already.',
    mend: 'Nothing: the run that has the group goes on, and this one should end.',
  },
} as const;
