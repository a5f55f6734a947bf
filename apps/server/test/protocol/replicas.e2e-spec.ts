import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { startSlipway, type Slipway } from '../slipway.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { digestOf, imageManifest, ociConfig, someBytes } from './content.ts';
import { refusal } from './exchange.ts';
import { urlOf } from './postgres-url.ts';
import { rawConnection } from './raw-connection.ts';
import { aRepository, basic, serverOf } from './suite-server.ts';

const startLimit = 90_000;
const publicUrl = 'https://registry.test';
const password = 'one-for-both-of-them';

let database: TestDatabase;
let folder: TempFolder;
const started: Slipway[] = [];

/** Two processes with one database and one data folder, as behind a proxy that ends TLS. */
const [one, other] = [0, 1].map((n) =>
  serverOf(() => {
    const slipway = started[n];
    if (slipway === undefined) throw new Error('the servers did not start');
    return { ...slipway, pid: slipway.pid, password };
  }),
) as [ReturnType<typeof serverOf>, ReturnType<typeof serverOf>];

beforeAll(async () => {
  database = await testDatabase();
  folder = await tempFolder('replicas');
  const options = {
    dataDir: folder.path,
    env: {
      SLIPWAY_DATABASE_URL: urlOf(database.connection),
      SLIPWAY_ADMIN_PASSWORD: password,
      SLIPWAY_PUBLIC_URL: publicUrl,
    },
  };
  started.push(await startSlipway(options), await startSlipway(options));
}, startLimit);

afterAll(async () => {
  await Promise.all(started.map((slipway) => slipway.stop()));
  await folder.remove();
  await database.drop();
}, startLimit);

const expectBlobOn = async (
  server: typeof one,
  repository: string,
  bytes: Buffer,
  digest = digestOf(bytes),
): Promise<void> => {
  const answer = await server.ask('GET', `/v2/${repository}/blobs/${digest}`);
  expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
};

describe('two servers that share a database and a data folder', () => {
  it.each(['sha256', 'sha512'] as const)(
    "pain-16 go on with each other's uploads, whatever hashes they have (%s)",
    async (algorithm) => {
      const repository = aRepository();
      const bytes = someBytes(900_000);
      const upload = await one.startUpload(repository);
      for (const [n, server] of [other, one, other].entries()) {
        const chunk = bytes.subarray(n * 300_000, (n + 1) * 300_000);
        const headers = { 'content-range': `${n * 300_000}-${(n + 1) * 300_000 - 1}` };
        const patched = await server.ask('PATCH', upload, { headers, body: chunk });
        expect(patched.status).toBe(202);
        for (const asked of [one, other]) {
          const { headers: told } = await asked.ask('GET', upload);
          expect(told.range).toBe(`0-${(n + 1) * 300_000 - 1}`);
        }
      }
      const digest = digestOf(bytes, algorithm);
      expect((await one.ask('PUT', `${upload}?digest=${digest}`)).status).toBe(201);
      await expectBlobOn(one, repository, bytes, digest);
      await expectBlobOn(other, repository, bytes, digest);
      expect(refusal(await other.ask('GET', upload))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    },
  );

  it('pain-16 do not write to one upload at once', async () => {
    const repository = aRepository();
    const upload = await one.startUpload(repository);
    const [head, tail] = [someBytes(300_000), someBytes(300_000)];
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const first = one.ask('PATCH', upload, {
      body: (async function* () {
        yield head;
        await held;
        yield tail;
      })(),
    });
    while ((await other.ask('GET', upload)).headers.range === '0-0') await sleep(5);
    for (const [method, path] of [
      ['PATCH', upload],
      ['PUT', `${upload}?digest=${digestOf(head)}`],
      ['DELETE', upload],
    ] as const) {
      expect(refusal(await other.ask(method, path))).toEqual([409, 'BLOB_UPLOAD_INVALID']);
    }
    goOn();
    expect((await first).status).toBe(202);
    const whole = Buffer.concat([head, tail]);
    expect((await other.ask('PUT', `${upload}?digest=${digestOf(whole)}`)).status).toBe(201);
    await expectBlobOn(one, repository, whole);
  });

  it('pain-16 take a path with and without its last slash', async () => {
    const repository = aRepository();
    const bytes = someBytes();
    for (const path of [`/v2/${repository}/blobs/uploads`, `/v2/${repository}/blobs/uploads/`]) {
      const { headers } = await one.ask('POST', path);
      const upload = headers.location ?? '';
      const put = await other.ask('PUT', `${upload}/?digest=${digestOf(bytes)}`, { body: bytes });
      expect(put.status).toBe(201);
    }
  });

  it('pain-4 are brought the same blob many times at once, and all pushes succeed', async () => {
    const repositories = [aRepository(), aRepository()];
    const bytes = someBytes(200_000);
    const pushes = Array.from({ length: 12 }, async (_, n) => {
      const server = n % 2 === 0 ? one : other;
      const repository = repositories[n % 3 === 0 ? 0 : 1] ?? '';
      if (n % 4 === 3) {
        const path = `/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`;
        return server.ask('POST', path, { body: bytes });
      }
      const upload = await server.startUpload(repository);
      await server.ask('PATCH', upload, { body: bytes });
      return server.ask('PUT', `${upload}?digest=${digestOf(bytes)}`);
    });
    for (const { status } of await Promise.all(pushes)) expect(status).toBe(201);
    for (const repository of repositories) await expectBlobOn(other, repository, bytes);
  });

  it('pain-4 are brought the same tags and manifests at once, and all pushes succeed', async () => {
    const repository = aRepository();
    const config = await one.pushBlob(repository, someBytes(), ociConfig);
    const rivals = [imageManifest({ config }), imageManifest({ config, annotations: { a: 'b' } })];
    const pushes = Array.from({ length: 16 }, async (_, n) => {
      const tags = n % 2 === 0 ? 'tag=a&tag=b&tag=c' : 'tag=c&tag=b&tag=a';
      const bytes = rivals[n % 3 === 0 ? 0 : 1] ?? Buffer.of();
      return (n % 2 === 0 ? one : other).pushManifest(
        repository,
        `${digestOf(bytes)}?${tags}`,
        bytes,
      );
    });
    await Promise.all(pushes);
    const tags = await Promise.all(
      ['a', 'b', 'c'].map((tag) => one.ask('GET', `/v2/${repository}/manifests/${tag}`)),
    );
    expect(new Set(tags.map(({ body }) => digestOf(body))).size).toBe(1);
  });

  it('show at once what the other was told, and hide what it deleted', async () => {
    const repository = aRepository();
    const path = `/v2/${repository}/manifests/latest`;
    for (const [writer, reader] of [
      [one, other],
      [other, one],
      [one, other],
    ] as const) {
      const { bytes, digest } = await writer.pushImage(repository);
      expect((await reader.ask('GET', path)).body.equals(bytes)).toBe(true);
      expect((await reader.ask('HEAD', path)).headers['docker-content-digest']).toBe(digest);
      await writer.ask('DELETE', `/v2/${repository}/manifests/${digest}`);
      expect((await reader.ask('GET', path)).status).toBe(404);
      expect((await reader.ask('GET', `/v2/${repository}/manifests/${digest}`)).status).toBe(404);
    }
  });

  it("take each other's tokens", async () => {
    const headers = { authorization: `Bearer ${await one.tokenFor('registry:catalog:*')}` };
    expect((await other.askAsNobody('GET', '/v2/_catalog', { headers })).status).toBe(200);
  });
});

describe('a registry behind a proxy that ends TLS', () => {
  it('5.1-4 sends clients for tokens to its public URL, whatever host was asked', async () => {
    for (const host of ['10.0.0.7:5000', 'internal', 'registry.test']) {
      const answer = await one.askAsNobody('GET', '/v2/', { headers: { host } });
      expect(answer.each('www-authenticate')[0]).toContain(`realm="${publicUrl}/token"`);
    }
  });

  it('pain-17 gives every Location and Link without scheme and host', async () => {
    const repository = aRepository();
    const headers = { host: 'internal:5000', 'x-forwarded-proto': 'https' };
    const { bytes, layer } = await one.pushImage(repository, 'a');
    await one.pushManifest(repository, 'b', bytes);
    const answers = [
      await one.ask('POST', `/v2/${repository}/blobs/uploads/`, { headers }),
      await one.ask('POST', `/v2/${repository}/blobs/uploads/?mount=${layer.digest}`, { headers }),
      await one.ask('PUT', `/v2/${repository}/manifests/c`, { headers, body: bytes }),
    ];
    const upload = answers[0]?.headers.location ?? '';
    answers.push(
      await one.ask('PATCH', upload, { headers, body: 'x' }),
      await one.ask('GET', upload, { headers }),
      await one.ask('PUT', `${upload}?digest=${digestOf('x')}`, { headers }),
    );
    for (const answer of answers) {
      expect(answer.headers.location).toMatch(new RegExp(`^/v2/${repository}/`));
    }
    for (const path of [`/v2/${repository}/tags/list?n=1`, '/v2/_catalog?n=1']) {
      const { headers: told } = await one.ask('GET', path, { headers });
      expect(told.link).toMatch(/^<\/v2\/[^>]+>; rel="next"$/);
    }
  });
});

describe('a server that is killed in the middle of a PATCH', () => {
  it('pain-16 leaves an upload that the other goes on with from the true offset', async () => {
    const repository = aRepository();
    const bytes = someBytes(500_000);
    const upload = await one.startUpload(repository);
    const connection = await rawConnection(one.slipway.port);
    connection.send(
      `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length}\r\n` +
        `Authorization: ${basic(one.slipway.username, password)}\r\n\r\n`,
    );
    connection.send(bytes.subarray(0, 200_000));
    const told = async () => (await other.ask('GET', upload)).headers.range;
    while ((await told()) !== '0-199999') await sleep(10);
    await one.slipway.kill9();
    connection.breakOff();

    const rest = bytes.subarray(200_000);
    const headers = { 'content-range': '200000-499999' };
    const goOn = () => other.ask('PATCH', upload, { headers, body: rest });
    let answer = await goOn();
    for (let tries = 0; answer.status === 409 && tries < 100; tries++) {
      await sleep(50);
      answer = await goOn();
    }
    expect([answer.status, answer.headers.range]).toEqual([202, '0-499999']);
    expect((await other.ask('PUT', `${upload}?digest=${digestOf(bytes)}`)).status).toBe(201);
    await expectBlobOn(other, repository, bytes);
  });
});
