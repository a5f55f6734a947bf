import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  createGrant,
  createOrganisation,
  deleteGrant,
  listGrants,
  disableAccount,
} from '@slipway/api';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
  await app.ask('admin', createOrganisation, { body: { name: 'acme', owner: 'ada' } });
});
afterAll(async () => app.stop());

const INDEX = 'application/vnd.oci.image.index.v1+json';

async function push(repository: string, tag: string, who = 'ada'): Promise<string> {
  const body = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { id: randomUUID() } },
  });
  const init = { method: 'PUT', headers: { 'content-type': INDEX }, body };
  const answer = await app.fetch(`/v2/${repository}/manifests/${tag}`, who, init);
  return answer.headers.get('docker-content-digest') ?? '';
}

interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A browser's EventSource, as far as it is needed here. */
class Listening {
  /** Where it would go on. */
  id = '';
  ended = false;
  readonly #told: Told[] = [];
  readonly #stop = new AbortController();
  readonly #wakes: (() => void)[] = [];

  static async to(who: string, query = '', lastEventId = ''): Promise<Listening> {
    const listening = new Listening();
    const { signal } = listening.#stop;
    const answer = await app.fetch(`/api/v1/events${query}`, who, {
      ...(lastEventId !== '' && { headers: { 'last-event-id': lastEventId } }),
      signal,
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    void listening.#read(answer.body as ReadableStream<Uint8Array>);
    await listening.#until(() => listening.id !== '');
    return listening;
  }

  /** All that was told, as soon as the last of it is this. */
  async until(event: string, what: Readonly<Record<string, unknown>>): Promise<readonly Told[]> {
    const isIt = ({ event: type, data }: Told) =>
      type === event && Object.entries(what).every(([name, value]) => data[name] === value);
    await this.#until(() => this.#told.some(isIt));
    return this.#told;
  }

  async end(): Promise<void> {
    await this.#until(() => this.ended);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    try {
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        blocks.forEach((block) => {
          this.#take(block);
        });
        this.#woken();
      }
    } catch {
      // It was stopped.
    }
    this.ended = true;
    this.#woken();
  }

  #take(block: string): void {
    const fields = Object.fromEntries(
      block
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    ) as Record<string, string>;
    this.id = fields.id ?? this.id;
    if (fields.data === undefined) return;
    const data = JSON.parse(fields.data) as Told['data'];
    this.#told.push({ id: this.id, event: fields.event ?? '', data });
  }

  #woken(): void {
    this.#wakes.splice(0).forEach((wake) => {
      wake();
    });
  }
}

test('a push is told to whoever may pull, as it happens', async () => {
  const listening = await Listening.to('ada');
  const digest = await push('acme/web', '1.0');
  const told = await listening.until('push', { repository: 'acme/web', tag: '1.0' });
  expect(told.at(-1)?.data).toMatchObject({
    ...{ type: 'push', actor: 'ada' },
    ...{ repository: 'acme/web', tag: '1.0', digest },
  });
  listening.stop();
});

test('a deletion is told too', async () => {
  await push('acme/gone', '1.0');
  const listening = await Listening.to('ada', '?repository=acme/gone');
  await app.fetch('/v2/acme/gone/manifests/1.0', 'ada', { method: 'DELETE' });
  await listening.until('delete', { repository: 'acme/gone', tag: '1.0' });
  listening.stop();
});

test('nobody hears of what they may not pull, and of other repositories than they ask for', async () => {
  const stranger = await Listening.to('cyd');
  const one = await Listening.to('ada', '?repository=acme/b');
  const namespace = await Listening.to('ada', '?namespace=cyd');
  await push('acme/a', '1.0', 'ada');
  await push('acme/b', '1.0', 'ada');
  await push('cyd/c', '1.0', 'cyd');
  const repositories = (told: readonly Told[]) => told.map(({ data }) => data.repository);
  expect(repositories(await one.until('push', { repository: 'acme/b' }))).toEqual(['acme/b']);
  expect(repositories(await stranger.until('push', { repository: 'cyd/c' }))).toEqual(['cyd/c']);
  await app.ask('cyd', createGrant, {
    parameters: { namespace: 'cyd' },
    body: { pattern: '*', role: 'pull', account: 'ada' },
  });
  await push('cyd/d', '1.0', 'cyd');
  const heard = repositories(await namespace.until('push', { repository: 'cyd/d' }));
  expect(heard).toEqual(['cyd/d']);
  [stranger, one, namespace].forEach((listening) => {
    listening.stop();
  });
});

test('a right that is given or taken back while somebody listens counts at once', async () => {
  const parameters = { namespace: 'acme' };
  const [bob, ada] = [await Listening.to('bob'), await Listening.to('ada')];
  await push('acme/web', '2.0');
  await ada.until('push', { tag: '2.0' });
  await app.ask('ada', createGrant, {
    parameters,
    body: { pattern: 'web', role: 'pull', account: 'bob' },
  });
  await push('acme/web', '2.1');
  await bob.until('push', { tag: '2.1' });
  const { items } = await app.ask('ada', listGrants, { parameters });
  const grant = items.find(({ account }) => account === 'bob')?.id ?? '';
  await app.ask('ada', deleteGrant, { parameters: { ...parameters, grant } });
  await push('acme/web', '2.2');
  await push('bob/own', '1', 'bob');
  const told = await bob.until('push', { repository: 'bob/own' });
  expect(told.map(({ data }) => data.tag)).toEqual(['2.1', '1']);
  [bob, ada].forEach((listening) => {
    listening.stop();
  });
});

test('whoever comes back hears what they missed', async () => {
  const before = await Listening.to('ada', '?repository=acme/web');
  const { id } = before;
  before.stop();
  const digest = await push('acme/web', '3.0');
  const after = await Listening.to('ada', '?repository=acme/web', id);
  await after.until('push', { digest });
  after.stop();
});

test('the stream ends when its credential holds no more', async () => {
  await app.person('eve');
  const listening = await Listening.to('eve');
  await app.ask('admin', disableAccount, { parameters: { username: 'eve' } });
  await push('acme/web', '4.0');
  await listening.end();
});

test('a filter that is wrong is refused', async () => {
  const answer = await app.fetch('/api/v1/events?repository=Not%20A%20Name', 'ada');
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('repository');
});

test('a server that stops lets its listeners go, and who has connected and asked nothing', async () => {
  const other = await TestApp.start();
  const listening = await fetch(`${other.url}/api/v1/events`);
  const { hostname, port } = new URL(other.url);
  const silent = connect(Number(port), hostname);
  await once(silent, 'connect');
  await other.stop();
  await expect(listening.text()).resolves.toContain('retry: ');
});
