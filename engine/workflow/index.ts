// What the Temporal worker bundles. The default export answers to every Workflow Type, so a workflow's name is its type.
// Nothing else may be exported from here: the SDK takes each exported function for a workflow of its own.
export { interpret as default } from './interpreter.ts';
