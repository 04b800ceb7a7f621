import { activityInfo } from '@temporalio/activity';

/** The run that the current activity belongs to; Gantry's activities always belong to one. */
export function runId(): string {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new TypeError('an activity of Gantry was started outside a workflow');
  return workflowExecution.runId;
}
