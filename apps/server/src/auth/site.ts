import type { IncomingMessage } from 'node:http';

/** Where browsers reach this registry. */
export class Site {
  /** As its operator says. */
  readonly publicUrl: string | undefined;
  readonly #tls: boolean;

  /** `tls`: whether this server itself speaks it. */
  constructor(publicUrl: string | undefined, tls: boolean) {
    this.publicUrl = publicUrl;
    this.#tls = tls;
  }

  /** Whether browsers come by https, so that cookies are for that alone. */
  get secure(): boolean {
    return this.#tls || this.publicUrl?.startsWith('https:') === true;
  }

  origin(request: IncomingMessage): string {
    return this.publicUrl ?? originAsked(request, this.#tls);
  }

  /**
   * Whether one of our own pages sends this: a browser adds its cookies to what any page sends. It says by
   * itself who does, in headers that no page can set; a request without them was made by no browser of today.
   */
  isSentByOwnPage(request: IncomingMessage): boolean {
    const { origin, 'sec-fetch-site': site } = request.headers;
    return site === undefined ? origin === this.origin(request) : site === 'same-origin';
  }

  /** `path` if it is one of this site; else `/`. No page elsewhere can have a person sent to it through us. */
  ownPath(path: string): string {
    const safe = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) && path.length <= LONGEST_PATH;
    return safe && new URL(path, 'https://here.invalid').host === 'here.invalid' ? path : '/';
  }
}

const LONGEST_PATH = 1024;

/**
 * The origin that the client asked for, so that `localhost:5000` and `127.0.0.1:5000` each get their own
 * back; the address that the request came in at when its `Host` is none.
 */
export function originAsked(request: IncomingMessage, tls: boolean): string {
  const { host = '' } = request.headers;
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
  const safe = /^(?:[a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(host);
  const address = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  return `${tls ? 'https' : 'http'}://${safe ? host : `${address}:${localPort}`}`;
}
