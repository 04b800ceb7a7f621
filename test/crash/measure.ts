const asked = Number(process.env.GANTRY_TEST_CRASHES ?? 30);

/** How often to kill: GANTRY_TEST_CRASHES in all, 30 without a word. The whole engine takes its time to start, so it gets the fewer. */
const ofTheEngine = Math.round(asked * 0.23);
export const killsAsked = { receiving: asked - ofTheEngine, engine: ofTheEngine };

/** GANTRY_TEST_SEED repeats a plan; the moments at which kills come it cannot repeat. */
export const seed = Number(process.env.GANTRY_TEST_SEED ?? Math.floor(Math.random() * 1_000_000));
