/**
 * Address of a run's history in Temporal's Web UI.
 * Each part is encoded by itself: Workflow Ids hold slashes, which the UI expects as %2F (routeForWorkflow in temporalio/ui).
 */
export function runUrl(uiUrl: string, namespace: string, workflowId: string, runId: string): string {
  const [space, workflow, run] = [namespace, workflowId, runId].map(encodeURIComponent);
  return `${uiUrl.replace(/\/+$/, '')}/namespaces/${space}/workflows/${workflow}/${run}/history`;
}
