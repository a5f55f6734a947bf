/** The codes of distribution-spec v1.1 (spec.md#error-codes), code-1 to code-14, and the two of Docker's that its clients know. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

/** The body of every refusal under `/v2` (spec.md#error-codes). */
export interface ErrorBody {
  readonly errors: readonly {
    readonly code: ErrorCode;
    readonly message: string;
    readonly detail?: unknown;
  }[];
}
