export { startCaretaker } from './caretaker.ts';
export { startDispatcher } from './dispatcher.ts';
export type { Loop } from './loop.ts';
export type { WorkflowsInForce } from './match.ts';
export { createReceiverPolicy } from './receiver-policy.ts';
export { startReclaimer } from './reclaimer.ts';
export { startRouter } from './router.ts';
export type { RunStanding, Runs } from './runs.ts';
export { sweep } from './sweep.ts';
