import type { Contender, ContenderName } from '../contenders/contender.ts';

/** Ratio to the better of the two peers that Slipway is to reach, or a figure that Slipway's own is to stay within or to reach. */
export type Target =
  | { readonly timesTheBetterPeer: number }
  | { readonly atMost: number }
  | { readonly atLeast: number };

/** A contender that failed has none. */
export type Samples = Readonly<Partial<Record<ContenderName, readonly number[]>>>;

export type Failures = Readonly<Partial<Record<ContenderName, string>>>;

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly samples: Samples;
  /** What kept a contender from being measured. */
  readonly failures?: Failures;
  readonly target?: Target;
  /** Share of one core that the load generator itself used, at most over the rounds; near 1, it is the bottleneck. */
  readonly clientShare?: number;
}

export interface Extent {
  /** Small sizes and short times: shows that the measure works, and says nothing of speed. */
  readonly quick: boolean;
  readonly rounds: number;
}

export interface Measure {
  readonly name: string;
  readonly about: string;
  /** Whether the contender that syncs where its default does not takes part. */
  readonly durable?: boolean;
  /** Whether the contenders take part one after the other, each with the machine to itself. */
  readonly alone?: boolean;
  /** The contenders are fresh and empty, and are stopped afterwards. */
  run(contenders: readonly Contender[], extent: Extent): AsyncGenerator<Figure, void, void>;
}
