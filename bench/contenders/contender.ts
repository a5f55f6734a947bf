/** `zot-commit` is zot told to sync what it acknowledges; it is shown, and not counted as one of the two peers. */
export const contenderNames = ['slipway', 'distribution', 'zot', 'zot-commit'] as const;
export type ContenderName = (typeof contenderNames)[number];

export const peerNames = ['distribution', 'zot'] as const satisfies readonly ContenderName[];

/** A registry that runs, on an empty folder of its own. */
export interface Contender {
  readonly name: ContenderName;
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** The `Authorization` header for a token scope, such as `repository:a/b:pull,push`; undefined when the registry asks for none. */
  authorize(scope: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** A registry as it is found on this machine, not yet started. */
export interface Candidate {
  readonly name: ContenderName;
  readonly version: string;
  /** How it is set up, for the reader who compares. */
  readonly setUp: string;
  start(folder: string): Promise<Contender>;
}

export interface MissingCandidate {
  readonly name: ContenderName;
  readonly enabling: string;
}

export const pullAndPush = (repository: string): string => `repository:${repository}:pull,push`;
