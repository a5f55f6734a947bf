import { ImmutableTagError, MetadataUnavailableError } from '@slipway/metadata';
import { StorageFullError, StorageUnavailableError } from '@slipway/storage';

/** Everything the registry may refuse for. Each wire says in one table what it makes of each. */
export type Reason =
  | 'account-unknown'
  | 'blob-in-use'
  | 'blob-unknown'
  | 'body-timeout'
  | 'conflict'
  | 'denied'
  | 'digest-invalid'
  | 'digest-mismatch'
  | 'endpoint-unknown'
  | 'file-refused'
  | 'file-unknown'
  | 'files-not-indexed'
  | 'grant-unknown'
  | 'history-unknown'
  | 'key-unknown'
  | 'last-administrator'
  | 'last-owner'
  | 'identity-provider-unavailable'
  | 'length-invalid'
  | 'link-unknown'
  | 'manifest-in-use'
  | 'manifest-invalid'
  | 'manifest-references-unknown'
  | 'manifest-too-large'
  | 'manifest-unknown'
  | 'metadata-unavailable'
  | 'name-invalid'
  | 'name-taken'
  | 'namespace-in-use'
  | 'namespace-unknown'
  | 'password-refused'
  | 'quota-exceeded'
  | 'range-invalid'
  | 'range-not-next'
  | 'range-unsatisfiable'
  | 'repository-unknown'
  | 'request-invalid'
  | 'robot-unknown'
  | 'session-unknown'
  | 'size-mismatch'
  | 'storage-full'
  | 'storage-unavailable'
  | 'tag-immutable'
  | 'tag-invalid'
  | 'tag-moved'
  | 'team-unknown'
  | 'token-unknown'
  | 'trash-unknown'
  | 'trust-unknown'
  | 'too-many-requests'
  | 'unauthenticated'
  | 'unsupported'
  | 'upload-busy'
  | 'upload-interrupted'
  | 'upload-unknown'
  | 'webhook-unknown';

/** A refusal: the message names the thing and, where there is one, what would be right. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly reason: Reason;
  readonly detail: unknown;

  constructor(reason: Reason, message: string, detail?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.detail = detail;
  }
}

/** What does not answer now, and how long it is left alone, in seconds. */
const UNAVAILABLE: readonly Reason[] = [
  'identity-provider-unavailable',
  'metadata-unavailable',
  'storage-unavailable',
];
const UNAVAILABLE_FOR = 5;

/** To be tried again after so many seconds, which every wire says in `Retry-After`. */
export function tooManyRequests(message: string, seconds: number): RegistryError {
  return new RegistryError('too-many-requests', message, {
    retryAfter: Math.max(1, Math.ceil(seconds)),
  });
}

/** After how many seconds to try again, when that is what a refusal says. */
export function retryAfter({ reason, detail }: RegistryError): number | undefined {
  if (reason === 'too-many-requests') return (detail as { readonly retryAfter: number }).retryAfter;
  return UNAVAILABLE.includes(reason) ? UNAVAILABLE_FOR : undefined;
}

/** The refusal that an error stands for; `undefined` for a bug. */
export function asRegistryError(error: unknown): RegistryError | undefined {
  if (error instanceof RegistryError) return error;
  const cause = { cause: error };
  if (error instanceof StorageFullError) {
    return new RegistryError('storage-full', "the registry's storage is full", undefined, cause);
  }
  if (error instanceof StorageUnavailableError) {
    return new RegistryError(
      'storage-unavailable',
      "the registry's storage does not answer",
      undefined,
      cause,
    );
  }
  if (error instanceof ImmutableTagError) {
    return new RegistryError('tag-immutable', error.message, undefined, cause);
  }
  if (error instanceof MetadataUnavailableError) {
    return new RegistryError(
      'metadata-unavailable',
      "the registry's database does not answer",
      undefined,
      cause,
    );
  }
  return undefined;
}
