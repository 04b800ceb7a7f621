/** An instance's columns, named as `NewInstance` names them; the table goes by `i`. */
export const instanceColumns = `i.sequence, i.sop_instance_uid AS sopInstanceUid, i.sop_class_uid AS sopClassUid,
  i.transfer_syntax_uid AS transferSyntaxUid, i.study_instance_uid AS studyInstanceUid, i.series_instance_uid AS seriesInstanceUid,
  i.modality, i.calling_ae_title AS callingAeTitle, i.called_ae_title AS calledAeTitle, i.association_id AS associationId,
  i.size_bytes AS sizeBytes, i.path, i.received_at AS receivedAt`;

/** A group's columns, named as `GroupRow` names them; the table goes by `g`. */
export const groupColumns = `g.id, g.workflow, g.workflow_id AS workflowId, g.called_ae_title AS calledAeTitle, g.group_key AS key,
  g.state, g.run_id AS runId, g.definition, g.opened_at AS openedAt`;

/** The columns of a file, named as `InstanceFile` names them; for instances and artifacts alike. */
export const fileColumns = `sop_instance_uid AS sopInstanceUid, sop_class_uid AS sopClassUid, transfer_syntax_uid AS transferSyntaxUid,
  study_instance_uid AS studyInstanceUid, series_instance_uid AS seriesInstanceUid, size_bytes AS sizeBytes, path`;

/**
 * An instance's state as people are shown it; the table goes by `i`. What nobody has decided on is held; what nothing holds is
 * retained until its file is truly deleted, and reclaimed only then.
 */
export const shownState = `CASE WHEN i.state = 'unrouted' THEN 'held' WHEN i.state = 'reclaimed' AND i.deleted_at IS NULL THEN 'retained' ELSE i.state END`;

/** A claim's state, which is its group's; the group goes by `g`. */
export const claimState = `CASE g.state WHEN 'collecting' THEN 'open' WHEN 'closed' THEN 'held'
  ELSE CASE WHEN g.released_at IS NULL THEN 'retained' ELSE 'released' END END`;
