import type { ContenderName } from '../contenders/contender.ts';
import type { Samples } from './measure.ts';

/** Samples of a second figure, taken while the first is measured. */
export class Samplings {
  readonly #all: Partial<Record<ContenderName, number[]>> = {};

  get all(): Samples {
    return this.#all;
  }

  add(name: ContenderName, value: number): void {
    (this.#all[name] ??= []).push(value);
  }
}
