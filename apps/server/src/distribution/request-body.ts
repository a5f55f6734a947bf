import { RegistryError } from '@slipway/registry';
import { type Call, shortened } from './call.ts';

export interface Body {
  /** The bytes as they come, never parsed, never held. */
  readonly source: AsyncIterable<Buffer>;
  /** Aborted, with the refusal as its reason, when the client has sent nothing for the idle limit. */
  readonly signal: AbortSignal;
}

/**
 * The request's body. Reading it is what tells a client that waits for `100 Continue` to go on, so one
 * that is refused before sends nothing.
 */
export function requestBody({
  request,
  reply,
  limits,
}: Pick<Call, 'request' | 'reply' | 'limits'>): Body {
  const { raw } = request;
  const silence = new AbortController();
  async function* source(): AsyncGenerator<Buffer> {
    if (raw.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
    raw.setTimeout(limits.idle, () => {
      silence.abort(
        new RegistryError(
          'body-timeout',
          `no byte of the body came for ${limits.idle / 1000} seconds`,
        ),
      );
    });
    try {
      for await (const chunk of raw.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
    } catch (cause) {
      throw new RegistryError(
        'upload-interrupted',
        'the request broke off before its body ended',
        undefined,
        {
          cause,
        },
      );
    } finally {
      raw.setTimeout(0);
    }
  }
  return { source: source(), signal: silence.signal };
}

/** `Content-Length`, when there is one. */
export function announcedLength({ request }: Pick<Call, 'request'>): number | undefined {
  const { 'content-length': header } = request.raw.headers;
  if (header === undefined) return undefined;
  const length = Number(header);
  if (Number.isSafeInteger(length)) return length;
  throw new RegistryError(
    'length-invalid',
    `Content-Length ${JSON.stringify(shortened(header))} is too large`,
  );
}

/** The whole body of a manifest push. */
export async function manifestBody(call: Call): Promise<Buffer> {
  const limit = call.limits.manifest;
  if ((announcedLength(call) ?? 0) > limit) throw tooLarge(limit);
  const { source, signal } = requestBody(call);
  const silence = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  return Promise.race([gather(source, limit), silence]);
}

async function gather(source: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError('manifest-too-large', `the manifest is larger than ${limit} bytes`, {
    limit,
  });
}
