import type { RepositoryName } from '@slipway/oci';
import { type Finding, ill, well } from './finding.ts';

const CHECK = 'upload Location';
const PATIENCE = 10_000;

/** A repository into which a token may push. */
export interface UploadPass {
  readonly repository: RepositoryName;
  readonly token: string;
}

/**
 * Begins an upload through the public URL, as clients do, and cancels it where its Location leads. The server gives
 * a relative one; what a proxy makes of it is where clients send their bytes.
 */
export async function checkLocation(
  publicUrl: string,
  { repository, token }: UploadPass,
): Promise<Finding> {
  const ask = (url: URL, method: 'DELETE' | 'POST') =>
    fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
  try {
    const begun = await ask(new URL(`/v2/${repository}/blobs/uploads/`, publicUrl), 'POST');
    const location = begun.headers.get('location');
    if (begun.status !== 202 || location === null || !URL.canParse(location, publicUrl)) {
      return ill(
        CHECK,
        `an upload that is begun through ${publicUrl} is answered with ${begun.status}${location === null ? ' and no Location' : ''}`,
        'let the proxy pass on POST, Authorization and Location under /v2/ as they are',
      );
    }
    const led = new URL(location, publicUrl);
    const { status } = await ask(new URL(led.pathname + led.search, publicUrl), 'DELETE');
    if (!/^\/(?!\/)/.test(location)) {
      return ill(
        CHECK,
        `the proxy makes ${led.origin} of the relative Location of an upload, and clients send their bytes there`,
        'stop it from rewriting Location (nginx: proxy_redirect off; Apache: no ProxyPassReverse)',
      );
    }
    return status === 204
      ? well(CHECK, 'it comes through the public URL as it is, relative, and leads on')
      : ill(
          CHECK,
          `it leads to ${led.pathname}, which is answered with ${status}`,
          'let the proxy pass on paths, queries, PATCH, PUT and DELETE under /v2/ as they are',
        );
  } catch (error) {
    return ill(
      CHECK,
      `an upload through ${publicUrl} broke off: ${error instanceof Error ? error.message : String(error)}`,
      'see what the proxy logs about it',
    );
  }
}
