import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { enablingCommand, findTool } from '../../../scripts/host-tools.mjs';
import { blobStoreContract } from './blob-store.contract.ts';
import type { BlobStore } from './blob-store.ts';
import { StorageUnavailableError } from './errors.ts';
import { Bucket } from './s3-bucket.ts';
import { connectS3 } from './s3-client.ts';
import { S3BlobStore, type S3Options } from './s3.ts';
import { parseStorageKey, type StorageKey } from './storage-key.ts';
import {
  type Fault,
  type FaultyProxy,
  faultyProxy,
  type S3Server,
  startS3Server,
} from './testing/index.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PATIENCE = 120_000;

/** Where its tools are; elsewhere it is skipped by a name that says how to have them. */
function describeWithS3(name: string, suite: () => void): void {
  const missing = ['versitygw', 'openssl'].filter((tool) => findTool(tool) === undefined);
  const remedy = missing.map((tool) => enablingCommand(tool)).join('; ');
  if (missing.length === 0) {
    describe(name, suite);
  } else if (process.env.SLIPWAY_TEST_REQUIRE_ALL === '1') {
    it(`${name} finds all that it needs on this machine`, () => {
      throw new Error(`${name} cannot be tested here: ${remedy}`);
    });
  } else {
    describe.skip(`${name} (skipped: ${remedy})`, suite);
  }
}

describeWithS3('S3', () => {
  let server: S3Server;
  let proxy: FaultyProxy;
  let client: S3Client;
  beforeAll(async () => {
    server = await startS3Server();
    proxy = await faultyProxy(server.port);
    const { endpoint = '', credentials } = server.options();
    client = new S3Client({
      region: 'us-east-1',
      endpoint,
      forcePathStyle: true,
      ...(credentials && { credentials }),
    });
  });
  afterEach(() => {
    proxy.strike();
  });
  afterAll(async () => {
    client.destroy();
    await proxy.close();
    await server.stop();
  });

  const direct = (more: Partial<S3Options> = {}) =>
    S3BlobStore.open({ ...server.options(), ...more });
  const throughProxy = () => S3BlobStore.open(server.options(proxy.port));

  blobStoreContract('S3BlobStore', () => direct({ prefix: 'a/b/' }), { runs: 10 });

  /** The names of all objects that have to do with a key, and of its multipart uploads. */
  async function objectsOf(key: StorageKey): Promise<string[]> {
    const names: string[] = [];
    for (const Prefix of [`blobs/${key.slice(0, 2)}/${key}`, `uploads/${key}`]) {
      const found = await client.send(
        new ListObjectsV2Command({ Bucket: server.bucket, Prefix: Prefix }),
      );
      names.push(...(found.Contents ?? []).map(({ Key = '' }) => Key));
    }
    const open = await client.send(new ListMultipartUploadsCommand({ Bucket: server.bucket }));
    const uploads = (open.Uploads ?? []).filter((each) => each.Key?.endsWith(key));
    return [...names, ...uploads.map(({ Key = '' }) => `upload of ${Key}`)];
  }

  describe('the layout', () => {
    it('keeps one object of a committed blob, however it came, and nothing once it is deleted', async () => {
      const store = await direct();
      for (const chunks of [[0], [1], [5 * MIB], [8 * MIB], [9 * MIB, 300 * KIB, 1, 8 * MIB]]) {
        const key = aKey();
        await pushed(store, key, chunks);
        expect(await objectsOf(key)).toEqual([`blobs/${key.slice(0, 2)}/${key}`]);
        await store.delete(key);
        expect(await objectsOf(key)).toEqual([]);
      }
    });

    it('keeps nothing of a write that is deleted unfinished', async () => {
      const store = await direct();
      const key = aKey();
      await pushed(store, key, [9 * MIB, 300 * KIB, 300 * KIB, 1], { commit: false });
      expect((await objectsOf(key)).length).toBeGreaterThan(2);
      await store.delete(key);
      expect(await objectsOf(key)).toEqual([]);
    });

    it('needs for a small blob seven small requests, and copies and lists nothing', async () => {
      const store = await throughProxy();
      const before = proxy.seen.length;
      await pushed(store, aKey(), [1000]);
      const methods = proxy.seen.slice(before).map((each) => each.split(' ')[0]);
      expect(methods.sort()).toEqual(['DELETE', 'GET', 'HEAD', 'HEAD', 'HEAD', 'PUT', 'PUT']);
    });
  });

  describe('an upload in chunks of 1 KiB', () => {
    it(
      'is the same in the end',
      async () => {
        const store = await throughProxy();
        const key = aKey();
        const bytes = someBytes(300 * KIB);
        for (let start = 0; start < bytes.length; start += KIB) {
          const ingest = await store.ingest(key);
          expect(ingest.size).toBe(start);
          await ingest.append(each([bytes.subarray(start, start + KIB)]));
          await ingest.close();
        }
        const ingest = await store.ingest(key);
        await ingest.commit();
        await ingest.close();
        expect(await contentOf(store, key)).toEqual(digestOf(bytes));
        expect((await objectsOf(key)).length).toBe(1);
      },
      PATIENCE,
    );
  });

  describe('a large upload', () => {
    it(
      'goes on where its last whole part and its tail end, whoever goes on',
      async () => {
        const key = aKey();
        const bytes = someBytes(45 * MIB + 7);
        const cuts = [0, 1, 3 * MIB, 3 * MIB + 10, 8 * MIB, 21 * MIB, 21 * MIB + 1, bytes.length];
        for (const [index, start] of cuts.slice(0, -1).entries()) {
          const ingest = await (await direct()).ingest(key);
          expect(ingest.size).toBe(start);
          await ingest.append(inPieces(bytes.subarray(start, cuts[index + 1])));
        }
        const store = await direct();
        const ingest = await store.ingest(key);
        await ingest.commit();
        expect(await contentOf(store, key)).toEqual(digestOf(bytes));
      },
      PATIENCE,
    );

    it('goes on after its process died in the middle of it', async () => {
      const key = aKey();
      const bytes = someBytes(30 * MIB);
      const dying = await throughProxy();
      const lost = await dying.ingest(key);
      // The parts arrive, and what the process would have noted down at the end does not.
      proxy.strike((method, path) =>
        method === 'PUT' &&
        path.includes('/tail') &&
        proxy.seen.some((each) => each.includes(`${key}?`) && each.includes('partNumber'))
          ? { kind: 'answer', status: 403, code: 'AccessDenied' }
          : undefined,
      );
      await expect(lost.append(inPieces(bytes.subarray(0, 20 * MIB)))).rejects.toThrow(
        StorageUnavailableError,
      );
      const store = await direct();
      const ingest = await store.ingest(key);
      expect(ingest.size).toBe(16 * MIB);
      await ingest.append(inPieces(bytes.subarray(16 * MIB)));
      await ingest.commit();
      expect(await contentOf(store, key)).toEqual(digestOf(bytes));
    });
  });

  describe('two who write at once, which the lease of an upload forbids', () => {
    it('never make a blob of the bytes of both: who comes last finds another revision', async () => {
      const key = aKey();
      const [one, other] = [await direct(), await direct()];
      const slow = await one.ingest(key);
      await slow.append(inPieces(Buffer.alloc(9 * MIB, 'a')));
      const quick = await other.ingest(key);
      await quick.append(inPieces(Buffer.alloc(10 * MIB, 'b')));
      const { revision } = quick;
      await slow.append(inPieces(Buffer.alloc(10 * MIB, 'a')));
      await expect(quick.commit()).rejects.toThrow('a part was written again by somebody else');
      const found = await other.ingest(key);
      expect(found.size).toBe(slow.size);
      expect(found.revision).not.toBe(revision);
      expect(found.revision).toBe(slow.revision);
    });
  });

  describe('the janitor', () => {
    it('finds uploads that nobody noted down, and discards those it is told to', async () => {
      const store = await throughProxy();
      const key = aKey();
      const ingest = await store.ingest(key);
      // The server begins the upload, and its answer is lost, more often than the client tries.
      proxy.strike((method, path) =>
        method === 'POST' && path.includes('?uploads') ? { kind: 'lose-answer' } : undefined,
      );
      await expect(ingest.append(inPieces(someBytes(9 * MIB)))).rejects.toThrow(
        StorageUnavailableError,
      );
      proxy.strike();
      await store.delete(key);
      const left = (await objectsOf(key)).filter((name) => name.startsWith('upload of'));
      expect(left.length).toBeGreaterThan(0);

      expect(await store.strays(new Date(0))).toEqual([]);
      const strays = await store.strays(new Date(Date.now() + 60_000));
      const ours = strays.filter((stray) => stray.key === key);
      expect(ours).toHaveLength(left.length);
      for (const stray of ours) await stray.discard();
      for (const stray of ours) await stray.discard();
      expect(await objectsOf(key)).toEqual([]);
    });
  });

  describe('a link', () => {
    const links = { expiry: 60, endpoint: undefined, cdn: undefined };

    it('is for GET, with ranges, and for nothing else', async () => {
      const store = await direct({ links });
      const key = aKey();
      const bytes = await pushed(store, key, [100_000]);
      const link = (await store.link(key)) ?? '';
      const whole = await fetch(link);
      expect(digestOf(Buffer.from(await whole.arrayBuffer()))).toBe(digestOf(bytes));
      const part = await fetch(link, { headers: { range: 'bytes=10-19' } });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/100000']);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
      for (const method of ['HEAD', 'PUT', 'DELETE', 'POST']) {
        const refused = await fetch(link, { method, ...(method === 'PUT' && { body: 'x' }) });
        expect(refused.ok).toBe(false);
        await refused.body?.cancel();
      }
      const other = await fetch(link.replace(key, aKey()));
      expect(other.status).toBe(403);
      await other.body?.cancel();
      expect((await store.stat(key))?.size).toBe(100_000);
    });

    it('expires', async () => {
      const store = await direct({ links: { ...links, expiry: 1 } });
      const key = aKey();
      await pushed(store, key, [10]);
      const link = (await store.link(key)) ?? '';
      let status = 200;
      while (status === 200) {
        const answer = await fetch(link);
        ({ status } = answer);
        await answer.arrayBuffer();
      }
      expect(status).toBe(403);
    });

    it('names the bucket in its host where the server wants that', async () => {
      const key = aKey();
      const store = await direct({ links, pathStyle: false, endpoint: 'https://s3.example.org' });
      expect(await store.link(key)).toMatch(
        new RegExp(`^https://slipway\\.s3\\.example\\.org/blobs/${key.slice(0, 2)}/${key}\\?`),
      );
      const amazon = await direct({
        ...{ links, pathStyle: false, endpoint: undefined, region: 'eu-central-1', prefix: 'a/' },
      });
      expect(await amazon.link(key)).toMatch(
        /^https:\/\/slipway\.s3\.eu-central-1\.amazonaws\.com\/a\/blobs\//,
      );
    });

    it('leads where clients reach the server, or through what stands before it', async () => {
      const key = aKey();
      const elsewhere = await direct({ links: { ...links, endpoint: 'https://s3.example.org' } });
      expect(await elsewhere.link(key)).toMatch(
        new RegExp(`^https://s3\\.example\\.org/slipway/blobs/${key.slice(0, 2)}/${key}\\?`),
      );
      const cdn = await direct({ links: { ...links, cdn: `http://localhost:${proxy.port}` } });
      await pushed(cdn, key, [10]);
      const link = (await cdn.link(key)) ?? '';
      expect(link).toMatch(new RegExp(`^http://localhost:${proxy.port}/slipway/blobs/`));
      expect(await (await direct()).link(key)).toBeUndefined();
    });
  });

  describe('a server that', () => {
    const everything = (fault: Fault) => (): Fault => fault;
    /** Strikes the first `count` requests that fit, and lets the rest pass. */
    const first = (count: number, fits: RegExp, fault: Fault) => {
      let left = count;
      return (method: string, path: string): Fault | undefined =>
        fits.test(`${method} ${path}`) && left-- > 0 ? fault : undefined;
    };

    it.each<[string, RegExp, Fault]>([
      ['breaks the connection of a part', /partNumber=2/, { kind: 'cut' }],
      ['loses the answer to a part', /partNumber=2/, { kind: 'lose-answer' }],
      ['loses the answer to the last request of all', /POST .*uploadId/, { kind: 'lose-answer' }],
      ['loses the answer to the first', /POST .*uploads/, { kind: 'lose-answer' }],
      ['loses what it says of the tail', /PUT .*tail/, { kind: 'lose-answer' }],
      ['asks to slow down', /PUT|POST/, { kind: 'answer', status: 503, code: 'SlowDown' }],
      ['fails', /PUT|POST/, { kind: 'answer', status: 500, code: 'InternalError' }],
      ['is slow', /./, { kind: 'slow', milliseconds: 5 }],
    ])(
      '%s now and then still gets every byte',
      async (_, fits, fault) => {
        const store = await throughProxy();
        const strikes = proxy.strikes;
        proxy.strike(first(2, fits, fault));
        const key = aKey();
        const bytes = await pushed(store, key, [17 * MIB, 100]);
        expect(proxy.strikes).toBeGreaterThan(strikes);
        proxy.strike();
        expect(await contentOf(await direct(), key)).toBe(digestOf(bytes));
        expect((await objectsOf(key))[0]).toBe(`blobs/${key.slice(0, 2)}/${key}`);
      },
      PATIENCE,
    );

    it.each<[string, Fault, RegExp]>([
      ['cuts', { kind: 'cut' }, /cannot \w+ .*s3:/],
      [
        'asks to slow down',
        { kind: 'answer', status: 503, code: 'SlowDown' },
        /slow down.*\(SlowDown\)/,
      ],
      ['fails', { kind: 'answer', status: 500, code: 'InternalError' }, /fails with 500/],
      [
        'refuses the credentials',
        { kind: 'answer', status: 403, code: 'InvalidAccessKeyId' },
        /check access key, secret/,
      ],
      ['forbids', { kind: 'answer', status: 403, code: 'AccessDenied' }, /docs\/s3\.md/],
      [
        'has another time',
        { kind: 'answer', status: 403, code: 'RequestTimeTooSkewed' },
        /clock is wrong/,
      ],
      [
        'has lost the bucket',
        { kind: 'answer', status: 404, code: 'NoSuchBucket' },
        /no such bucket/,
      ],
    ])(
      '%s every time is given up after few tries, in words',
      async (_, fault, words) => {
        const store = await throughProxy();
        const key = aKey();
        await pushed(await direct(), key, [1000]);
        proxy.strike(everything(fault));
        for (const attempt of [() => store.ingest(aKey()), () => store.stat(key)]) {
          const before = proxy.strikes;
          // The answer to a HEAD has no words.
          await expect(attempt()).rejects.toThrow(StorageUnavailableError);
          expect(proxy.strikes - before).toBeLessThanOrEqual(8);
        }
        const before = proxy.strikes;
        await expect(store.delete(key)).rejects.toThrow(words);
        // What `ingest` asks at the same time as what failed may still be asked again.
        expect(proxy.strikes - before).toBeLessThanOrEqual(12);
        proxy.strike();
        expect(await store.stat(key)).toEqual({ size: 1000 });
      },
      PATIENCE,
    );

    it('is gone is told from one that has no such blob, and is found again', async () => {
      const store = await throughProxy();
      const key = aKey();
      const bytes = await pushed(store, key, [1000]);
      await proxy.refuse();
      await expect(store.open(key)).rejects.toThrow(/ECONNREFUSED/);
      await expect(store.check()).rejects.toThrow(StorageUnavailableError);
      await proxy.open();
      expect(await contentOf(store, key)).toBe(digestOf(bytes));
      await store.check();
    });

    it('has no such bucket never says that there is no such blob', async () => {
      const store = await direct({ bucket: 'another' });
      for (const attempt of [
        () => store.stat(aKey()),
        () => store.open(aKey()),
        () => store.ingest(aKey()),
        () => store.delete(aKey()),
        () => store.check(),
      ]) {
        await expect(attempt()).rejects.toThrow(/there is no such bucket/);
      }
    });

    it(
      'breaks off what it sends is asked for the rest, and not for ever',
      async () => {
        const store = await throughProxy();
        const key = aKey();
        const bytes = await pushed(store, key, [3 * MIB]);
        proxy.strike((method) =>
          method === 'GET' ? { kind: 'cut-answer', after: MIB } : undefined,
        );
        expect(await contentOf(store, key)).toBe(digestOf(bytes));
        proxy.strike((method) =>
          method === 'GET' ? { kind: 'cut-answer', after: 600 } : undefined,
        );
        await expect(contentOf(store, key)).rejects.toThrow(StorageUnavailableError);
      },
      PATIENCE,
    );

    it(
      'fails in the middle keeps what was stored before, and says how much that is',
      async () => {
        const store = await throughProxy();
        const key = aKey();
        const bytes = someBytes(40 * MIB);
        const ingest = await store.ingest(key);
        await ingest.append(inPieces(bytes.subarray(0, 3 * MIB)));
        proxy.strike((method, path) =>
          method === 'PUT' && path.includes('partNumber=3')
            ? { kind: 'answer', status: 500, code: 'InternalError' }
            : undefined,
        );
        await expect(ingest.append(inPieces(bytes.subarray(3 * MIB)))).rejects.toThrow(/500/);
        expect(ingest.size).toBe(16 * MIB);
        proxy.strike();
        expect((await (await direct()).ingest(key)).size).toBe(16 * MIB);
        await ingest.append(inPieces(bytes.subarray(16 * MIB)));
        await ingest.commit();
        expect(await contentOf(store, key)).toBe(digestOf(bytes));
      },
      PATIENCE,
    );
  });

  it('asks for the encryption that is set, of whole blobs and of those in parts', async () => {
    const seen: (string | undefined)[] = [];
    const witness = createServer((request, response) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const { 'x-amz-server-side-encryption': mode, ...rest } = request.headers;
        const key = rest['x-amz-server-side-encryption-aws-kms-key-id'];
        seen.push(`${request.method ?? ''} ${String(mode)} ${String(key)}`);
      }
      request.resume();
      response.writeHead(500).end();
    });
    witness.listen(0, '127.0.0.1');
    await once(witness, 'listening');
    const client = await connectS3(server.options((witness.address() as AddressInfo).port));
    const encryption = { mode: 'aws:kms', key: 'our-key' } as const;
    const bucket = new Bucket(client, client, 'slipway', '', encryption);
    await expect(bucket.put('a', Buffer.from('a'))).rejects.toThrow(StorageUnavailableError);
    await expect(bucket.beginUpload('a')).rejects.toThrow(StorageUnavailableError);
    expect(new Set(seen)).toEqual(new Set(['PUT aws:kms our-key', 'POST aws:kms our-key']));
    bucket.client.destroy();
    witness.close();
  });

  it('signs in by a profile of the files that the SDK reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-s3-profile-'));
    const credentials = join(folder, 'credentials');
    await writeFile(
      credentials,
      `[team]\naws_access_key_id=${server.accessKey}\naws_secret_access_key=${server.secretKey}\n`,
    );
    const before = process.env.AWS_SHARED_CREDENTIALS_FILE;
    process.env.AWS_SHARED_CREDENTIALS_FILE = credentials;
    try {
      const store = await direct({ credentials: undefined, profile: 'team' });
      const key = aKey();
      const bytes = await pushed(store, key, [1000]);
      expect(await contentOf(store, key)).toBe(digestOf(bytes));
      const nobody = await direct({ credentials: undefined, profile: 'nobody' });
      await expect(nobody.check()).rejects.toThrow(StorageUnavailableError);
    } finally {
      if (before === undefined) delete process.env.AWS_SHARED_CREDENTIALS_FILE;
      else process.env.AWS_SHARED_CREDENTIALS_FILE = before;
      await rm(folder, { recursive: true });
    }
  });

  it('speaks TLS to a server whose certificate the CA file vouches for, and to no other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-s3-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      findTool('openssl') ?? '',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=s3'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    const secure = await startS3Server(['--cert', certificate, '--key', key]);
    try {
      const options = { ...secure.options(), caFile: certificate };
      const store = await S3BlobStore.open(options);
      const blob = aKey();
      const bytes = await pushed(store, blob, [9 * MIB, 300 * KIB]);
      expect(await contentOf(store, blob)).toBe(digestOf(bytes));
      const stranger = await S3BlobStore.open({ ...options, caFile: undefined });
      await expect(stranger.stat(blob)).rejects.toThrow(StorageUnavailableError);
    } finally {
      await secure.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('says that it is not well while the server is away, within seconds', async () => {
    const store = await throughProxy();
    proxy.strike(() => ({ kind: 'slow', milliseconds: 60_000 }));
    await expect(store.check()).rejects.toThrow(/does not answer/);
  });
});

function aKey(): StorageKey {
  return parseStorageKey(randomUUID());
}

/** Writes chunks of these sizes, each by an ingest of its own, and returns all of it. */
async function pushed(
  store: BlobStore,
  key: StorageKey,
  chunks: readonly number[],
  { commit = true } = {},
): Promise<Buffer> {
  const bytes = someBytes(chunks.reduce((sum, size) => sum + size, 0));
  let start = 0;
  for (const [index, size] of chunks.entries()) {
    const ingest = await store.ingest(key);
    await ingest.append(inPieces(bytes.subarray(start, start + size)));
    start += size;
    if (commit && index === chunks.length - 1) await ingest.commit();
    await ingest.close();
  }
  return bytes;
}

async function contentOf(store: BlobStore, key: StorageKey): Promise<string> {
  const reader = await store.open(key);
  if (reader === undefined) throw new Error(`${key} is not there`);
  const hash = createHash('sha256');
  await reader.send(
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        hash.update(chunk);
        done();
      },
    }),
  );
  await reader.close();
  return hash.digest('hex');
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that differ everywhere, the same for the same size. */
function someBytes(size: number): Buffer {
  return createHash('shake256', { outputLength: size }).digest();
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 64 * KIB) {
    yield bytes.subarray(start, start + 64 * KIB);
  }
}
