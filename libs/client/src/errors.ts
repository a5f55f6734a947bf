/** Why a registry did not give or take what it was asked to. */
export type RemoteReason =
  | 'denied'
  | 'digest-mismatch'
  | 'invalid-answer'
  | 'not-found'
  | 'platform-unknown'
  | 'refused'
  | 'too-many-requests'
  | 'unauthorized'
  | 'unavailable';

/** A failure on the way to, in, or back from a registry; the message names the thing. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly reason: RemoteReason;
  /** Seconds after which the registry wants to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(
    reason: RemoteReason,
    message: string,
    options: ErrorOptions & { readonly retryAfter?: number | undefined } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.retryAfter = options.retryAfter;
  }
}

const TEMPORARY: readonly RemoteReason[] = ['too-many-requests', 'unavailable'];

/** Whether the same may well succeed a little later. */
export function isTemporary(error: unknown): error is RemoteError {
  return error instanceof RemoteError && TEMPORARY.includes(error.reason);
}
