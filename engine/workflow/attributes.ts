import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { GroupTotals } from '../plugin/facts.ts';
import { type RunInput, type RunView, searchAttributes } from './contract.ts';
import { label } from './label.ts';

const keys = {
  stage: defineSearchAttributeKey('GantryStage', searchAttributes.GantryStage),
  calledAe: defineSearchAttributeKey('GantryCalledAE', searchAttributes.GantryCalledAE),
  callingAe: defineSearchAttributeKey('GantryCallingAE', searchAttributes.GantryCallingAE),
  modality: defineSearchAttributeKey('GantryModality', searchAttributes.GantryModality),
  definition: defineSearchAttributeKey('GantryDefinition', searchAttributes.GantryDefinition),
  lastError: defineSearchAttributeKey('GantryLastError', searchAttributes.GantryLastError),
  instances: defineSearchAttributeKey('GantryInstances', searchAttributes.GantryInstances),
  parked: defineSearchAttributeKey('GantryParked', searchAttributes.GantryParked),
};

/** The search attributes of a run: no patient data, no more than 20 entries in a list (a value may have 2 KB). What a peer or a plugin wrote is made to fit. */
export function attributesOf(
  input: RunInput,
  view: RunView,
  totals: GroupTotals | null,
  lastError: string | null,
): readonly SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [
    { key: keys.stage, value: label(view.stage) },
    { key: keys.calledAe, value: label(input.calledAeTitle) },
    { key: keys.definition, value: view.definition },
    { key: keys.parked, value: view.parked },
  ];
  if (totals !== null) {
    // An empty list would mean "remove it".
    if (totals.callingAeTitles.length > 0) pairs.push({ key: keys.callingAe, value: totals.callingAeTitles.slice(0, 20).map(label) });
    if (totals.modalities.length > 0) pairs.push({ key: keys.modality, value: totals.modalities.slice(0, 20).map(label) });
    pairs.push({ key: keys.instances, value: totals.instances });
  }
  if (lastError !== null) pairs.push({ key: keys.lastError, value: label(lastError) });
  return pairs;
}

/** What has to be told of `after`. A grown count alone is no reason: each upsert is an event in the history, and the next stage tells it anyway. */
export function changedAttributes(
  before: readonly SearchAttributePair[],
  after: readonly SearchAttributePair[],
): readonly SearchAttributePair[] {
  const known = new Map(before.map(({ key, value }) => [key.name, JSON.stringify(value)]));
  const changed = after.filter(({ key, value }) => known.get(key.name) !== JSON.stringify(value));
  return changed.every(({ key }) => key.name === keys.instances.name) ? [] : changed;
}
