/** The database cannot be asked now; the same question may succeed later. */
export class MetadataUnavailableError extends Error {
  override readonly name = 'MetadataUnavailableError';

  constructor(cause: unknown) {
    super(`the metadata database is not available: ${reason(cause)}`, { cause });
  }

  get reason(): string {
    return reason(this.cause);
  }

  /** Whether it is certain that nothing was done: the server takes no writes, and there may be one that does. */
  get isWithoutEffect(): boolean {
    return field(this.cause, 'code') === READ_ONLY;
  }

  /** Whether the server is there, and has too much to do or too little to do it with. */
  get isBusy(): boolean {
    return BUSY.test(field(this.cause, 'code'));
  }

  /** Whether the server has not said anything, for longer than it may need for a statement. */
  get isSilence(): boolean {
    return SILENCE.test(field(this.cause, 'message'));
  }
}

const READ_ONLY = '25006';
const BUSY = /^(53...|57014|58030)$/;
const SILENCE = /^Query read timeout/i;

/** A tag was to be moved or deleted that a rule keeps where it is. The message names both. */
export class ImmutableTagError extends Error {
  override readonly name = 'ImmutableTagError';
}

/** What the trigger on `tags` raises. */
const IMMUTABLE_TAG = 'SW001';

/** The error as the callers of this library should see it. */
export function translated(error: unknown): unknown {
  if (field(error, 'code') === IMMUTABLE_TAG) {
    return new ImmutableTagError(field(error, 'message'), { cause: error });
  }
  return isUnavailability(error) ? new MetadataUnavailableError(error) : error;
}

/**
 * Whether Postgres undid the transaction only because of others that ran beside it: a deadlock, a
 * serialization failure, or a row that it found and that was deleted before it could point at it.
 */
export function mayBeRetried(error: unknown): boolean {
  return ['40001', '40P01', '23503'].includes(field(error, 'code'));
}

export const FAILURES = ['unavailable', 'conflict', 'constraint', 'other'] as const;

type Failure = (typeof FAILURES)[number];

/**
 * What kind of failure a statement's error is: the database does not answer, it undid the statement for the sake of
 * another, a rule of its own refused it, or anything else.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof MetadataUnavailableError) return 'unavailable';
  if (mayBeRetried(error)) return 'conflict';
  const refused = error instanceof ImmutableTagError || field(error, 'code').startsWith('23');
  return refused ? 'constraint' : 'other';
}

function isUnavailability(error: unknown): boolean {
  return (
    UNAVAILABLE_STATES.test(field(error, 'code')) ||
    UNREACHABLE.has(field(error, 'code')) ||
    LOST.test(field(error, 'message'))
  );
}

/**
 * SQLSTATEs: connection exceptions (08), a standby that took over nothing yet (25006), insufficient
 * resources, such as a full disk or no connection left (53), a statement that ran out of time (57014),
 * a server that is stopping, has crashed or is starting (57P01 to 57P03, 57P05), a failing disk (58030).
 */
const UNAVAILABLE_STATES = /^(08...|25006|53...|57014|57P0[1235]|58030)$/;

const UNREACHABLE = new Set([
  'EACCES',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What `pg` says, without a code, of a connection that broke, was closed or could not be had in time. */
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Driver not Connected)/i;

/** Errors of Node and of its packages need not be of this realm's `Error`. */
function field(error: unknown, name: 'code' | 'message'): string {
  const value: unknown =
    typeof error === 'object' && error !== null
      ? (error as Readonly<Record<string, unknown>>)[name]
      : undefined;
  return typeof value === 'string' ? value : '';
}

function reason(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  return field(cause, 'message') || field(cause, 'code') || String(cause);
}
