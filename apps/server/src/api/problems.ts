import { STATUS_CODES } from 'node:http';
import { BASE, type Fault, type Problem } from '@slipway/api';
import { asRegistryError, type Reason, RegistryError, retryAfter } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** What each refusal is on this wire. */
const STATUS: Record<Reason, number> = {
  'account-unknown': 404,
  'blob-in-use': 409,
  'blob-unknown': 404,
  'body-timeout': 408,
  conflict: 409,
  denied: 403,
  'digest-invalid': 400,
  'digest-mismatch': 400,
  'endpoint-unknown': 404,
  'file-refused': 422,
  'file-unknown': 404,
  'files-not-indexed': 409,
  'grant-unknown': 404,
  'history-unknown': 404,
  'identity-provider-unavailable': 503,
  'key-unknown': 404,
  'last-administrator': 409,
  'last-owner': 409,
  'length-invalid': 400,
  'link-unknown': 404,
  'manifest-in-use': 409,
  'manifest-invalid': 400,
  'manifest-references-unknown': 400,
  'manifest-too-large': 413,
  'manifest-unknown': 404,
  'metadata-unavailable': 503,
  'name-invalid': 400,
  'name-taken': 409,
  'namespace-in-use': 409,
  'namespace-unknown': 404,
  'password-refused': 400,
  'quota-exceeded': 403,
  'range-invalid': 400,
  'range-not-next': 416,
  'range-unsatisfiable': 416,
  'repository-unknown': 404,
  'request-invalid': 400,
  'robot-unknown': 404,
  'session-unknown': 404,
  'size-mismatch': 400,
  'storage-full': 507,
  'storage-unavailable': 503,
  'tag-invalid': 400,
  'tag-immutable': 409,
  'tag-moved': 412,
  'team-unknown': 404,
  'token-unknown': 404,
  'trash-unknown': 404,
  'trust-unknown': 404,
  'too-many-requests': 429,
  unauthenticated: 401,
  unsupported: 405,
  'upload-busy': 409,
  'upload-interrupted': 400,
  'upload-unknown': 404,
  'webhook-unknown': 404,
};

/** Every kind of problem, for the documents: the last part of its `type`, and its status. */
export const PROBLEMS: readonly (readonly [reason: string, status: number])[] = [
  ...Object.entries(STATUS),
  ['unforeseen', 500],
];

/** Whether the request is one for this wire. */
export function isForApi({ originalUrl }: FastifyRequest): boolean {
  return originalUrl === BASE || originalUrl.startsWith(`${BASE}/`);
}

/** The answer to everything that is thrown under `/api/v1` (RFC 9457). What is no refusal is a bug: logged whole, answered without its text. */
export async function answerProblem(
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const problem = refused(log, error, request, reply);
  return reply.type('application/problem+json').send(JSON.stringify(problem));
}

/** Logs what is no refusal, gives the reply its status and headers, and returns what is to be told. */
export function refused(
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Problem {
  const refusal = asRegistryError(error) ?? asMalformed(error, request);
  const problem = toProblem(refusal, request.id);
  if (refusal === undefined) {
    log.error({ err: error, id: request.id }, 'a request failed for a reason nobody foresaw');
  } else if (problem.status >= 500) {
    log.error({ err: refusal, id: request.id }, refusal.message);
  }
  const seconds = refusal && retryAfter(refusal);
  if (seconds !== undefined) reply.header('Retry-After', String(seconds));
  if (problem.status === 401) reply.header('WWW-Authenticate', challenges(request));
  reply.code(problem.status).header('Cache-Control', 'no-store');
  return problem;
}

export function outcomeOf(error: unknown): { outcome: 'refused' | 'failed'; reason: string } {
  const reason = asRegistryError(error)?.reason;
  if (reason === undefined) return { outcome: 'failed', reason: 'unforeseen' };
  const refused = [401, 403, 404].includes(STATUS[reason]);
  return { outcome: refused ? 'refused' : 'failed', reason };
}

function toProblem(refusal: RegistryError | undefined, requestId: string): Problem {
  const reason = refusal?.reason ?? 'unforeseen';
  const status = refusal === undefined ? 500 : STATUS[refusal.reason];
  return {
    type: `${BASE}/docs#${reason}`,
    reason,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: refusal?.message ?? 'the registry failed; its log says more under this request',
    ...faultsOf(refusal?.detail),
    requestId,
  };
}

function faultsOf(detail: unknown): { readonly faults?: Fault[] } {
  const faults = (detail as { readonly faults?: Fault[] } | undefined)?.faults;
  return faults === undefined ? {} : { faults };
}

/** What Nest or Fastify refused before an endpoint saw it. */
function asMalformed(
  error: unknown,
  { method, originalUrl }: FastifyRequest,
): RegistryError | undefined {
  const { statusCode, status, message } = error as Readonly<Record<string, unknown>>;
  const code = statusCode ?? status;
  if (code === 404) {
    const path = originalUrl.split('?')[0]?.slice(0, 200) ?? '';
    return new RegistryError(
      'endpoint-unknown',
      `there is no ${method} ${path}; ${BASE}/docs lists what there is (the slash in a repository's name is written %2F)`,
    );
  }
  if (typeof code !== 'number' || code < 400 || code >= 500) return undefined;
  return new RegistryError(
    'request-invalid',
    typeof message === 'string' ? message.slice(0, 200) : 'the request is malformed',
  );
}

/** A page's own requests get no Basic challenge: the browser would ask for a password in its own window. */
function challenges({ headers }: FastifyRequest): string[] {
  const bearer = 'Bearer realm="Slipway"';
  const basic = 'Basic realm="Slipway", charset="UTF-8"';
  return headers['sec-fetch-site'] === undefined ? [bearer, basic] : [bearer];
}
