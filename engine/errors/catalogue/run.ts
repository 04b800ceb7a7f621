/** GY7xx: see catalogue.ts. */
export const runErrors = {
  GY700: {
    title: 'unexpected run error',
    cause: 'A condition that has no code of its own.',
    mend: 'Read the message; if it does not help, report it as a defect.',
  },
} as const;
