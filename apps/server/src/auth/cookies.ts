import type { IncomingMessage } from 'node:http';

/**
 * A cookie that no script reads and no page of another site sends along, except by a link. Over https its
 * name begins with `__Host-`, which browsers let nobody else set, not even a sibling domain.
 */
export class Cookie {
  readonly #name: string;
  readonly #secure: boolean;

  constructor(name: string, secure: boolean) {
    this.#name = secure ? `__Host-${name}` : name;
    this.#secure = secure;
  }

  read(request: IncomingMessage): string | undefined {
    const prefix = `${this.#name}=`;
    return request.headers.cookie
      ?.split(/; */)
      .find((each) => each.startsWith(prefix))
      ?.slice(prefix.length);
  }

  /** The `Set-Cookie` that makes the browser bring `value`, for so many seconds. */
  write(value: string, maxAge: number): string {
    const secure = this.#secure ? '; Secure' : '';
    return `${this.#name}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  }

  /** The `Set-Cookie` that makes the browser forget it. */
  clear(): string {
    return this.write('', 0);
  }
}
