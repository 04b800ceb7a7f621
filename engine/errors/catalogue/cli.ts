/** GY8xx: the command line. */
export const cliErrors = {
  GY801: {
    title: 'Node is too old',
    cause: 'The `gantry` command was run by a Node older than 24.',
    mend: 'Install Node 24 or newer, or run `npm install` in the clone: it pins one.',
  },
  GY802: {
    title: 'no engine is running here',
    cause: 'The command needs a running engine, and the data folder has no sign of one.',
    mend: 'Start one with `gantry dev`, or name its data folder with --data',
  },
  GY803: {
    title: 'nothing to send',
    cause: 'The paths given hold no DICOM Part 10 file.',
    mend: 'Name files or folders that hold DICOM files',
  },
  GY804: {
    title: 'unknown run',
    cause: 'Temporal knows no run of this Workflow Id.',
    mend: 'See `gantry runs list` for the ids; closed runs are kept as long as the namespace retains them',
  },
  GY806: {
    title: 'no called AE title',
    cause: 'Something is to be sent to the running engine, but not to which of its AE titles.',
    mend: 'Add --called TITLE; titles are those of the configuration and of the workflows',
  },
  GY807: {
    title: 'unclear destination',
    cause: '--to is neither AETITLE@HOST:PORT nor the name of a configured destination.',
    mend: 'Write --to AETITLE@HOST:PORT, or add the destination to the configuration',
  },
  GY808: {
    title: 'problems in the configuration or the workflows',
    cause: 'Files were refused; each problem is listed with its line.',
    mend: 'Mend the listed problems; `gantry validate` checks again',
  },
  GY809: {
    title: 'port taken',
    cause: 'Another program listens where the engine is to.',
    mend: 'Stop that program, or set another dicom.port (0: a free one)',
  },
  GY810: {
    title: 'an option is not understood',
    cause: 'The value of an option of a command is not of the kind that it takes.',
    mend: 'Write it as the command shows with --help',
  },
  GY811: {
    title: 'TLS is needed',
    cause: 'Something is to be sent to the running engine, which has no plain DICOM port.',
    mend: 'Add the engine to dicom.destinations, with tls and its ca, and send with --to NAME',
  },
  GY805: {
    title: 'unknown UID',
    cause: 'The ledger has no instance, series or study of this UID.',
    mend: 'Check the UID; `gantry instances list` shows all that is known',
  },
} as const;
