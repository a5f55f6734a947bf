import { RegistryError } from '@slipway/registry';
import { type Call, query, shortened } from './call.ts';

/** Names in one answer, when the client asks for more or does not say. */
const MOST = 10_000;

/** `n` and `last` of a list (distribution-spec v1.1, end-8b). A larger `n` than `MOST` is answered with `MOST` and a `Link`. */
export function pageAsked(call: Pick<Call, 'request'>): {
  readonly limit: number;
  readonly after: string;
} {
  const n = query(call, 'n');
  if (n !== undefined && !/^\d+$/.test(n)) {
    throw new RegistryError(
      'request-invalid',
      `n=${JSON.stringify(shortened(n))} is not a number of names`,
    );
  }
  return {
    limit: Math.min(n === undefined ? MOST : Number(n), MOST),
    after: query(call, 'last') ?? '',
  };
}

/** `Link` to the next page: relative, for behind a proxy the host and the scheme are not ours to know. */
export function nextLink(path: string, parameters: Readonly<Record<string, string>>): string {
  return `<${path}?${new URLSearchParams(parameters).toString()}>; rel="next"`;
}
