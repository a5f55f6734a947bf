import { parseRepositoryName, type RepositoryName } from '@slipway/oci';
import { pushBlob, pushManifest } from './push.ts';
import { RemoteRegistry } from './remote-registry.ts';
import {
  answer,
  type Exchange,
  fakeRegistry,
  type FakeRegistry,
  impatience,
  sha256,
} from './testing/fake-registry.ts';

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251));
const digest = sha256(bytes);
const blob = { digest, size: bytes.length };
const open = async function* (start: number) {
  yield bytes.subarray(start);
};
const repositoryNamed = (text: string): RepositoryName => {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(text);
  return name;
};
const app = repositoryNamed('acme/app');

let registry: FakeRegistry | undefined;
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

async function answering(handler: (exchange: Exchange) => void): Promise<RemoteRegistry> {
  registry = await fakeRegistry((exchange) => {
    if (exchange.path === '/v2/') answer(exchange, 200);
    else handler(exchange);
  });
  return new RemoteRegistry(registry.host, { patience: impatience() });
}

/** Takes uploads; `patches` says what becomes of each PATCH. */
async function uploads(patches: (exchange: Exchange, number: number) => Buffer | undefined) {
  let stored = Buffer.alloc(0);
  let patch = 0;
  const remote = await answering((exchange) => {
    const { method, path, response } = exchange;
    if (method === 'HEAD') {
      answer(exchange, 404);
      return;
    }
    if (method === 'POST') {
      answer(exchange, 202, { location: '/v2/upload/1?state=a' });
      return;
    }
    const range = `0-${Math.max(0, stored.length - 1)}`;
    if (method === 'GET') {
      answer(exchange, 204, { location: '/v2/upload/1?state=b', range });
      return;
    }
    if (method === 'PATCH') {
      const taken = patches(exchange, ++patch);
      stored = Buffer.concat([stored, taken ?? exchange.body]);
      if (taken !== undefined) response.destroy();
      else answer(exchange, 202, { location: '/v2/upload/1?state=c' });
      return;
    }
    answer(
      exchange,
      path === `/v2/upload/1?state=c&digest=sha256%3A${digest.slice(7)}` ? 201 : 400,
    );
  });
  return { remote, stored: () => stored };
}

describe('pushBlob', () => {
  it('sends nothing that is there', async () => {
    const remote = await answering((exchange) =>
      answer(exchange, exchange.method === 'HEAD' ? 200 : 500),
    );
    expect(await pushBlob(remote, app, blob, open)).toBe('present');
  });

  it('takes the blob from another repository when the registry can', async () => {
    const remote = await answering((exchange) =>
      answer(exchange, exchange.method === 'HEAD' ? 404 : 201),
    );
    expect(await pushBlob(remote, app, blob, open, { from: repositoryNamed('acme/base') })).toBe(
      'mounted',
    );
    expect(registry?.lines().at(-1)).toBe(
      `POST /v2/acme/app/blobs/uploads/?mount=sha256%3A${digest.slice(7)}&from=acme%2Fbase`,
    );
  });

  it('uploads it, and keeps what the registry put into the location', async () => {
    const { remote, stored } = await uploads(() => undefined);
    expect(await pushBlob(remote, app, blob, open, { from: repositoryNamed('acme/base') })).toBe(
      'uploaded',
    );
    expect(stored().equals(bytes)).toBe(true);
    expect(registry?.asked.find(({ method }) => method === 'PATCH')?.headers).toMatchObject({
      'content-range': '0-199999',
      'content-length': '200000',
    });
  });

  it('goes on where the registry says it is after a cut', async () => {
    const { remote, stored } = await uploads(({ body }, n) =>
      n === 1 ? body.subarray(0, 70_000) : undefined,
    );
    expect(await pushBlob(remote, app, blob, open)).toBe('uploaded');
    expect(stored().equals(bytes)).toBe(true);
    expect(registry?.asked.at(-2)?.headers['content-range']).toBe('70000-199999');
  });

  it('begins anew when nothing arrived before the cut', async () => {
    const { remote, stored } = await uploads((_, n) => (n === 1 ? Buffer.alloc(0) : undefined));
    expect(await pushBlob(remote, app, blob, open)).toBe('uploaded');
    expect(stored().equals(bytes)).toBe(true);
  });

  it('gives up after some cuts', async () => {
    const { remote } = await uploads(() => Buffer.alloc(0));
    await expect(pushBlob(remote, app, blob, open)).rejects.toMatchObject({
      reason: 'unavailable',
    });
  });

  it('says what the registry refuses', async () => {
    const remote = await answering((exchange) =>
      answer(exchange, exchange.method === 'HEAD' ? 404 : 403),
    );
    await expect(pushBlob(remote, app, blob, open)).rejects.toMatchObject({ reason: 'denied' });
  });
});

describe('pushManifest', () => {
  const content = { bytes: Buffer.from('{}'), mediaType: 'a/b', digest: sha256('{}') };

  it('puts the bytes as they are', async () => {
    const remote = await answering((exchange) =>
      answer(exchange, 201, { 'docker-content-digest': sha256(exchange.body) }),
    );
    await pushManifest(remote, app, '1', content);
    expect(registry?.asked.at(-1)).toMatchObject({
      method: 'PUT',
      path: '/v2/acme/app/manifests/1',
    });
    expect(registry?.asked.at(-1)?.headers['content-type']).toBe('a/b');
  });

  it('notices that the registry stored something else', async () => {
    const remote = await answering((exchange) =>
      answer(exchange, 201, { 'docker-content-digest': sha256('other') }),
    );
    await expect(pushManifest(remote, app, '1', content)).rejects.toMatchObject({
      reason: 'digest-mismatch',
    });
  });
});
