/** GY6xx: see catalogue.ts. */
export const pluginErrors = {
  GY601: {
    title: 'invalid options',
    cause:
      "A step, grouping, batching or back-end was given options that its schema does not allow, after the workflow's expressions were evaluated.",
    mend: "Compare `with` (or the job's entry in the configuration) with the plugin's options.",
  },
  GY602: {
    title: 'invalid output',
    cause: 'A plugin step returned something that its own output schema does not allow.',
    mend: "Report it to the plugin's author; a retry will not help.",
  },
  GY603: {
    title: 'name brought twice',
    cause: 'Two plugins bring a step, grouping, batching or back-end of the same name.',
    mend: 'Remove one of the two plugins, or ask its author to rename what it brings.',
  },
  GY604: {
    title: 'malformed plugin',
    cause: 'A plugin definition breaks a rule of the plugin contract: a name, a schema, a time limit or a summary.',
    mend: "Correct the definition that the message names; the rules stand in `definePlugin`'s types.",
  },
  GY605: {
    title: 'plugin cannot be loaded',
    cause: 'The module of a plugin is missing, throws when it is imported, or exports no plugin.',
    mend: 'Check that the module exists, imports by itself, and exports a definition as default or a list as `plugins`.',
  },
  GY606: {
    title: 'step not installed',
    cause: 'A run asks for a step that no plugin of this worker brings, or that is of another kind than when the workflow was checked.',
    mend: 'Install the plugin that brings it; the run goes on by itself then.',
  },
  GY607: {
    title: 'invalid batch decision',
    cause: 'A batching plugin decided neither to complete the group nor when to look again, or gave times that are not numbers.',
    mend: "Report it to the plugin's author; `complete-now` ends the group meanwhile.",
  },
  GY608: {
    title: 'group does not stand still',
    cause: 'Each time the batch was to be completed, more instances had arrived.',
    mend: 'Nothing: it is tried again. If it stays so, lengthen the quiet period.',
  },
  GY609: {
    title: 'group of another run',
    cause: 'The batch was closed by another run of the same Workflow Id, for instance before a reset.',
    mend: 'Look at the run that holds the group: `gantry explain` with one of its UIDs names it.',
  },
  GY610: {
    title: 'definition lost',
    cause: 'The ledger does not have the workflow definition that the run is to keep.',
    mend: 'Check that the engine uses the data folder that the run was started from.',
  },
  GY611: {
    title: 'workflow code cannot be bundled',
    cause: "The engine's own workflow code, or a library that it uses, could not be made ready for Temporal's sandbox.",
    mend: 'Install the package again; if that does not help, report it as a defect.',
  },
  GY612: {
    title: 'too much output',
    cause: 'A step left more files or deeper folders than are taken over.',
    mend: 'Have the job write only its results to its output folder.',
  },
} as const;
