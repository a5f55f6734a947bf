import { StorageFullError, StorageUnavailableError } from './errors.ts';

/** Runs one request; a refusal by the server becomes an error that says what to do about it. */
export async function onS3<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw s3Error(what, error);
  }
}

/** As `onS3`, with `undefined` when the server answers one of `expected`. */
export async function unlessS3<T>(
  expected: readonly string[],
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && expected.includes(error.name)) return undefined;
    throw s3Error(what, error);
  }
}

const CREDENTIALS = 'the credentials are not accepted; check access key, secret and session token';

/** By the name of the server's error, or the code of the connection's. */
const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied:
    'the credentials may not; grant what docs/s3.md lists, ListBucket too, without which S3 hides what is missing',
  AuthorizationHeaderMalformed: 'the bucket is in another region; set its region',
  CredentialsProviderError: 'there are no credentials; set an access key and its secret',
  ExpiredToken: CREDENTIALS,
  InvalidAccessKeyId: CREDENTIALS,
  InvalidPart: 'a part was written again by somebody else; the upload can be finished again',
  InvalidToken: CREDENTIALS,
  NoSuchBucket: 'there is no such bucket; create it, or name the one that there is',
  PermanentRedirect: 'the bucket is in another region; set its region or endpoint',
  RequestTimeTooSkewed: "this machine's clock is wrong; set it by NTP",
  SignatureDoesNotMatch: CREDENTIALS,
  SlowDown: 'the server asks to slow down; if it goes on, give it more room or send fewer requests',
  ECONNREFUSED: 'nothing listens there; check the endpoint and that the server runs',
  ENOTFOUND: 'there is no such host; check endpoint, region and path style',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody known; set the CA file',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody known; set the CA file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody known; set the CA file',
};
const FULL: ReadonlySet<string> = new Set([
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioStorageFull',
]);

/** What a fault of ours brings about. */
const MISTAKES: ReadonlySet<string> = new Set(['RangeError', 'ReferenceError', 'TypeError']);

/** What the SDK calls an answer whose body, which would have named the error, broke off. */
const UNNAMED: ReadonlySet<string> = new Set(['Error', 'NotFound', 'Unknown', 'UnknownError']);

/** A request that we should not have made, and not one that may succeed later. */
function isMistake(failure: Failure): boolean {
  const { name, $metadata, $response } = failure;
  const status = $metadata?.httpStatusCode ?? 0;
  const refused = status >= 400 && status < 500 && ![403, 408, 429].includes(status);
  // What fails while an answer is read is the answer's fault.
  return (refused && !UNNAMED.has(name)) || (MISTAKES.has(name) && $response === undefined);
}

function s3Error(what: string, cause: unknown): unknown {
  if (cause instanceof StorageUnavailableError || cause instanceof StorageFullError) return cause;
  const { name, code, $metadata } = cause as Failure;
  const status = $metadata?.httpStatusCode;
  const why = [name, code, status].find((each) => each !== undefined && each in ADVICE);
  if (FULL.has(name) || status === 507) {
    const advice = 'the server has no room left; free some, or raise the quota';
    return new StorageFullError(`cannot ${what}: ${advice} (${name})`, { cause });
  }
  if (why === undefined && isMistake(cause as Failure)) return cause;
  const advice = ADVICE[why ?? ''] ?? reasonOf(cause as Failure);
  return new StorageUnavailableError(`cannot ${what}: ${advice} (${why ?? code ?? name})`, {
    cause,
  });
}

interface Failure extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: unknown;
}

function reasonOf({ message, $metadata }: Failure): string {
  const status = $metadata?.httpStatusCode;
  if (status === 403) return 'the server forbids it; check credentials, rights and clock';
  if (status !== undefined && status >= 500) return `the server fails with ${status}`;
  return message || 'the server does not answer';
}
