import type { Digest } from '@slipway/oci';
import type { Call } from './call.ts';

/** Whether the client has the content already: `If-None-Match` lists its ETag or is `*` (RFC 9110 section 13.1.2). */
export function isCurrent({ request }: Pick<Call, 'request'>, digest: Digest): boolean {
  const header = request.headers['if-none-match'];
  return header !== undefined && entityTags(header).some((tag) => tag === '*' || tag === digest);
}

/** The digests in a list of ETags, some of which may be weak, and some not even quoted. */
export function entityTags(header: string): string[] {
  return header.split(',').map((tag) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1'),
  );
}
