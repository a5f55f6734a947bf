import { exchange, type Answer, type Question } from '../protocol/exchange.ts';

export interface Page extends Answer {
  readonly url: URL;
}

/** What of a browser matters to signing in: it keeps cookies by origin and follows redirects when told to. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** One request; a redirect is not followed. */
  async ask(method: string, address: URL | string, question: Question = {}): Promise<Page> {
    const url = new URL(address);
    const headers = { host: url.host, ...this.#cookieHeader(url), ...question.headers };
    const path = url.pathname + url.search;
    const answer = await exchange(Number(url.port), method, path, { ...question, headers });
    for (const cookie of answer.each('set-cookie')) this.#keep(url, cookie);
    return { ...answer, url };
  }

  /** As a link does, through every redirect to the last page, which is asked for no more when `until` knows it. */
  async open(address: URL | string, until: (url: URL) => boolean = () => false): Promise<Page> {
    let page = await this.ask('GET', address);
    for (let steps = 0; steps < 20; steps++) {
      const { location } = page.headers;
      if (location === undefined || page.status < 300 || page.status > 399) return page;
      const next = new URL(location, page.url);
      if (until(next)) return { ...page, url: next };
      page = await this.ask('GET', next);
    }
    throw new Error(`too many redirects, the last to ${page.url.href}`);
  }

  /** As a script of a page of the same origin does. */
  async send(method: string, address: string, body?: unknown): Promise<Page> {
    const sameOrigin = { 'sec-fetch-site': 'same-origin' };
    if (body === undefined) return this.ask(method, address, { headers: sameOrigin });
    const headers = { ...sameOrigin, 'content-type': 'application/json' };
    return this.ask(method, address, { headers, body: JSON.stringify(body) });
  }

  cookie(address: string, name: string): string | undefined {
    return this.#cookies.get(new URL(address).origin)?.get(name);
  }

  setCookie(address: string, name: string, value: string): void {
    this.#jar(new URL(address)).set(name, value);
  }

  #cookieHeader(url: URL): { cookie?: string } {
    const jar = [...this.#jar(url)];
    return jar.length === 0 ? {} : { cookie: jar.map((pair) => pair.join('=')).join('; ') };
  }

  #keep(url: URL, cookie: string): void {
    const [pair = ''] = cookie.split(';');
    const equals = pair.indexOf('=');
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const ended = /; *max-age=0(;|$)/i.test(cookie) || /; *expires=thu, 01 jan 1970/i.test(cookie);
    if (ended) this.#jar(url).delete(name);
    else this.#jar(url).set(name, value);
  }

  #jar(url: URL): Map<string, string> {
    const jar = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, jar);
    return jar;
  }
}

/** Status and sentence of a refusal to a page. */
export function problem(answer: Answer): readonly [status: number, detail: string] {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json(;|$)/);
  const { status, title, detail } = answer.json() as {
    readonly status: number;
    readonly title: string;
    readonly detail: string;
  };
  expect([status, title]).toEqual([answer.status, expect.stringMatching(/./)]);
  return [status, detail];
}
