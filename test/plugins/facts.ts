import type { GroupTotals, InstanceFacts, Observation } from '../../engine/plugin/index.ts';

/** 2026-11-25 13:00:00 UTC. */
export const noon = Date.UTC(2026, 10, 25, 13, 0, 0);

export const facts = (more: Partial<InstanceFacts> = {}): InstanceFacts => ({
  sequence: 1,
  sopInstanceUid: '1.2.3.1',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.4',
  modality: 'CT',
  callingAeTitle: 'CT1',
  calledAeTitle: 'LUNG',
  associationId: 'a',
  sizeBytes: 1_000,
  receivedAt: noon,
  attributes: {},
  ...more,
});

export const totals = (more: Partial<GroupTotals> = {}): GroupTotals => ({
  instances: 128,
  series: 2,
  sizeBytes: 128_000,
  firstAt: noon,
  lastAt: noon + 131_000,
  modalities: ['CT'],
  callingAeTitles: ['CT1'],
  ...more,
});

export const observation = (more: Partial<Observation> = {}): Observation => ({
  now: noon + 132_000,
  totals: totals(),
  fresh: [],
  openAssociations: 0,
  completeNow: null,
  ...more,
});
