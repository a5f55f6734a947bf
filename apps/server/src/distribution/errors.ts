import type { ErrorBody, ErrorCode } from '@slipway/oci';
import { asRegistryError, type Reason, RegistryError, retryAfter } from '@slipway/registry';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { shortened } from './call.ts';

/**
 * What each refusal is on this wire (distribution-spec v1.1, spec.md#error-codes). ggcr takes
 * BLOB_UPLOAD_INVALID, TOOMANYREQUESTS, UNKNOWN and UNAVAILABLE for passing and tries again, so what will
 * not pass has another code.
 */
const WIRE: Record<Reason, readonly [status: number, code: ErrorCode]> = {
  'account-unknown': [404, 'NAME_UNKNOWN'],
  'blob-in-use': [409, 'DENIED'],
  'blob-unknown': [404, 'BLOB_UNKNOWN'],
  'body-timeout': [408, 'BLOB_UPLOAD_INVALID'],
  conflict: [409, 'DENIED'],
  denied: [403, 'DENIED'],
  'digest-invalid': [400, 'DIGEST_INVALID'],
  'digest-mismatch': [400, 'DIGEST_INVALID'],
  'endpoint-unknown': [404, 'UNSUPPORTED'],
  'file-refused': [422, 'UNSUPPORTED'],
  'file-unknown': [404, 'BLOB_UNKNOWN'],
  'files-not-indexed': [409, 'DENIED'],
  'grant-unknown': [404, 'NAME_UNKNOWN'],
  'history-unknown': [404, 'MANIFEST_UNKNOWN'],
  'key-unknown': [404, 'NAME_UNKNOWN'],
  'last-administrator': [409, 'DENIED'],
  'last-owner': [409, 'DENIED'],
  'identity-provider-unavailable': [503, 'UNAVAILABLE'],
  'length-invalid': [400, 'SIZE_INVALID'],
  'link-unknown': [404, 'NAME_UNKNOWN'],
  'manifest-in-use': [409, 'DENIED'],
  'manifest-invalid': [400, 'MANIFEST_INVALID'],
  'manifest-references-unknown': [400, 'MANIFEST_BLOB_UNKNOWN'],
  'manifest-too-large': [413, 'SIZE_INVALID'],
  'manifest-unknown': [404, 'MANIFEST_UNKNOWN'],
  'metadata-unavailable': [503, 'UNAVAILABLE'],
  'name-invalid': [400, 'NAME_INVALID'],
  'name-taken': [409, 'DENIED'],
  'namespace-in-use': [409, 'DENIED'],
  'namespace-unknown': [404, 'NAME_UNKNOWN'],
  'password-refused': [400, 'DENIED'],
  'quota-exceeded': [403, 'DENIED'],
  'range-invalid': [400, 'SIZE_INVALID'],
  'range-not-next': [416, 'BLOB_UPLOAD_INVALID'],
  'range-unsatisfiable': [416, 'SIZE_INVALID'],
  'repository-unknown': [404, 'NAME_UNKNOWN'],
  'request-invalid': [400, 'UNSUPPORTED'],
  'robot-unknown': [404, 'NAME_UNKNOWN'],
  'session-unknown': [404, 'UNSUPPORTED'],
  'size-mismatch': [400, 'SIZE_INVALID'],
  'storage-full': [507, 'DENIED'],
  'storage-unavailable': [503, 'UNAVAILABLE'],
  'tag-invalid': [400, 'MANIFEST_INVALID'],
  'tag-immutable': [409, 'DENIED'],
  'tag-moved': [412, 'DENIED'],
  'team-unknown': [404, 'NAME_UNKNOWN'],
  'token-unknown': [404, 'NAME_UNKNOWN'],
  'trash-unknown': [404, 'NAME_UNKNOWN'],
  'trust-unknown': [404, 'NAME_UNKNOWN'],
  'too-many-requests': [429, 'TOOMANYREQUESTS'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  unsupported: [405, 'UNSUPPORTED'],
  'upload-busy': [409, 'BLOB_UPLOAD_INVALID'],
  'upload-interrupted': [400, 'BLOB_UPLOAD_INVALID'],
  'upload-unknown': [404, 'BLOB_UPLOAD_UNKNOWN'],
  'webhook-unknown': [404, 'NAME_UNKNOWN'],
};

/** The answer to everything that is thrown under `/v2`. What is no refusal is a bug: logged whole, answered without its text. */
export async function answerError(
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = asRegistryError(error) ?? asMalformed(error);
  if (refusal === undefined) {
    log.error({ err: error, id: request.id }, 'a request failed for a reason nobody foresaw');
    return reply.code(500).send(unforeseen(request.id));
  }
  const [status] = WIRE[refusal.reason];
  if (status >= 500) log.error({ err: refusal, id: request.id }, refusal.message);
  const seconds = retryAfter(refusal);
  if (seconds !== undefined) reply.header('Retry-After', String(seconds));
  return reply.code(status).send(errorBody(refusal));
}

function errorBody({ reason, message, detail }: RegistryError): ErrorBody {
  const error = { code: WIRE[reason][1], message };
  // A list of details is a list of errors: MANIFEST_BLOB_UNKNOWN names each digest.
  const details: readonly unknown[] = Array.isArray(detail) ? detail : [detail];
  return {
    errors: details.map((each) => (each === undefined ? error : { ...error, detail: each })),
  };
}

/** A request that Fastify refused before an endpoint saw it. */
function asMalformed(error: unknown): RegistryError | undefined {
  const { statusCode, message } = error as Partial<FastifyError>;
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  return new RegistryError('request-invalid', shortened(message ?? 'the request is malformed'));
}

function unforeseen(requestId: string): ErrorBody {
  return {
    errors: [
      {
        code: 'UNKNOWN',
        message: `the registry failed; its log says more under request ${requestId}`,
      },
    ],
  };
}

/** For what is not even HTTP, so that no endpoint and no hook ever sees it. */
export function malformedBody(message: string): string {
  return JSON.stringify(errorBody(new RegistryError('request-invalid', message)));
}
