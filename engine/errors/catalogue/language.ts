/** GY2xx: see catalogue.ts. */
export const languageErrors = {
  GY201: {
    title: 'not readable as YAML',
    cause: 'The file is not YAML 1.2: a bracket or a quote is not closed, an indentation is off, or an unquoted text holds ": ".',
    mend: 'Mend the place that the message points at; quote expressions that hold ": " or stand inside { }.',
  },
  GY202: {
    title: 'duplicate key',
    cause: 'The same key stands twice in one map; only one of the two could take effect.',
    mend: 'Keep one of them.',
  },
  GY203: {
    title: 'unknown key',
    cause: 'A key that workflows do not have, often a misspelt one. Keys are never ignored.',
    mend: 'Take the suggested key, or remove it.',
  },
  GY204: {
    title: 'unknown option',
    cause: 'The step has no option of that name.',
    mend: 'Take one of the options that the message lists.',
  },
  GY205: {
    title: 'missing key or option',
    cause: 'Something that has no default was left out.',
    mend: 'Add it.',
  },
  GY206: {
    title: 'a value that is not allowed here',
    cause: 'The value is of another type than expected, outside its limits, or none of the choices.',
    mend: 'Write a value of the kind that the message names.',
  },
  GY207: {
    title: 'unknown step',
    cause: '`uses` names something that no installed plugin brings.',
    mend: 'Take one of the names that the message lists, or install the plugin.',
  },
  GY208: {
    title: 'duplicate step id',
    cause: 'Two steps of one workflow have the same id; outputs are addressed by id.',
    mend: 'Give each step an id of its own.',
  },
  GY209: {
    title: 'an unquoted text that YAML reads as a number',
    cause: 'UIDs, AE titles and other texts made of digits and dots are numbers to YAML, which would drop digits.',
    mend: 'Put it in quotes.',
  },
  GY210: {
    title: 'an expression that cannot be read',
    cause: 'The text inside ${{ }} is not CEL, or ${{ is not closed by }}.',
    mend: 'Mend the expression at the place that the message points at.',
  },
  GY211: {
    title: 'an unknown name in an expression',
    cause: 'The expression reads a name, a step, an output field or an attribute that does not exist there.',
    mend: 'Take the suggested name.',
  },
  GY212: {
    title: 'a step that refers to itself or to a later one',
    cause: 'Steps run in the order of the file, so a step can read the output of steps before it only.',
    mend: 'Move the step that is referred to before the one that refers to it.',
  },
  GY213: {
    title: 'an expression of another type than expected',
    cause:
      'What the expression comes to cannot be used in its place: a condition that is not true or false, a number where a set of instances is expected.',
    mend: 'Write an expression that comes to what is expected.',
  },
  GY214: {
    title: 'grouping and batching out of order',
    cause:
      'The first step of a workflow says which instances belong together (group/…), the second when a group is complete (batch/…); neither can stand elsewhere.',
    mend: 'Begin with one group/ step and one batch/ step.',
  },
  GY215: {
    title: 'unknown job',
    cause: 'The step names a job that the configuration does not have.',
    mend: 'Add the job to `jobs` in the configuration, or take one of those it has.',
  },
  GY216: {
    title: 'unknown destination',
    cause: 'The step names a destination that the configuration does not have.',
    mend: 'Add it to `dicom.destinations` in the configuration, or take one of those it has.',
  },
  GY217: {
    title: 'unknown retry policy',
    cause: '`retry` names a policy that `retries` does not have.',
    mend: 'Define it in `retries`, or take one of those.',
  },
  GY218: {
    title: 'not a duration',
    cause: 'Durations are a whole number and one unit: 500ms, 30s, 15m, 2h, 7d.',
    mend: 'Spell it so.',
  },
  GY219: {
    title: 'not an AE title',
    cause: 'An AE title has 1 to 16 characters of ASCII without backslash (PS3.5 §6.2).',
    mend: 'Mend it, and quote it where YAML would read a number.',
  },
  GY220: {
    title: 'two files with the same workflow name',
    cause: 'The name of a workflow is its Workflow Type; two files cannot both define it. Neither is taken anew until one is renamed.',
    mend: 'Rename one of the workflows, or remove a file.',
  },
  GY221: {
    title: 'an expression where none can be',
    cause: 'The value is needed before a run exists, or is shown as it is written.',
    mend: 'Write the value itself.',
  },
  GY222: {
    title: 'a file that is too large or too deep',
    cause: 'The file is larger than a megabyte, nested more than 50 deep, or uses more than 16 aliases.',
    mend: 'Split it, or write it more simply.',
  },
  GY223: {
    title: 'a workflow file or folder that cannot be read',
    cause: 'It does not exist, or the engine may not read it.',
    mend: 'Check the path `workflows` in the configuration, and the permissions.',
  },
  GY224: {
    title: 'an expression where a condition is expected',
    cause: '`if` and `when` take an expression in ${{ }}, and the text is something else.',
    mend: 'Write it as ${{ … }}.',
  },
} as const;
