import type { SearchAttributePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Definition } from '../language/definition.ts';
import type { GroupTotals } from '../plugin/facts.ts';
import { attributesOf, changedAttributes } from './attributes.ts';
import type { RunInput, RunView, StepView } from './contract.ts';
import { renderDetails } from './details.ts';
import { viewOf, withDefinition, withStep } from './view.ts';

/** What a run shows: keeps its view, and tells Temporal what of it has changed. */
export class Board {
  readonly #input: RunInput;
  #view: RunView;
  #totals: GroupTotals | null = null;
  #lastError: string | null = null;
  #told: readonly SearchAttributePair[] = [];

  constructor(input: RunInput) {
    this.#input = input;
    this.#view = viewOf(input);
    setCurrentDetails(renderDetails(this.#view));
  }

  get view(): RunView {
    return this.#view;
  }

  get totals(): GroupTotals | null {
    return this.#totals;
  }

  begin(definition: Definition): void {
    this.#show(withDefinition(this.#view, definition));
  }

  count(totals: GroupTotals): void {
    this.#show({ ...this.#view, instances: totals.instances });
    this.#totals = totals;
  }

  stage(stage: string): void {
    this.#show({ ...this.#view, stage });
    this.#tell();
  }

  step(id: string, news: Partial<StepView>): void {
    this.#lastError = news.error?.code ?? this.#lastError;
    this.#show(withStep(this.#view, id, news));
    this.#tell();
  }

  /** Called in signal handlers: must make no command, so that a wake-up costs a waiting run nothing. */
  waiting(groups: number): void {
    this.#show({ ...this.#view, waiting: groups });
  }

  #show(view: RunView): void {
    this.#view = view;
    setCurrentDetails(renderDetails(view));
  }

  #tell(): void {
    const attributes = attributesOf(this.#input, this.#view, this.#totals, this.#lastError);
    const changed = changedAttributes(this.#told, attributes);
    if (changed.length === 0) return;
    upsertSearchAttributes([...changed]);
    // Merged, not replaced: where only a count has grown it is still untold.
    const names = new Set(changed.map(({ key }) => key.name));
    this.#told = [...this.#told.filter(({ key }) => !names.has(key.name)), ...changed];
  }
}
