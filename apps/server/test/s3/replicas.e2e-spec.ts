import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { client } from '../client.ts';
import { hugeLayerImage, multiLayerImage } from '../images.ts';
import { describeWith } from '../needs.ts';
import { contentOfLayout } from '../oci-layout.ts';
import { digestOf, someBytes } from '../protocol/content.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { Ledger } from '../resilience/ledger.ts';
import { until } from '../resilience/processes.ts';
import { pushSomething } from '../resilience/pushing.ts';
import { randomOf } from '../resilience/random.ts';
import { brokenPromises, resumeUploads } from '../resilience/reckoning.ts';
import { expectStatus, send, UnexpectedAnswer } from '../resilience/wire.ts';
import { inS3, redirecting, suiteS3 } from '../s3-suite.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';

const limit = 120_000;
const replicas = 3;
const password = 'one-for-all-of-them';

/** Sends each request to the next server, whatever it is; one that does not answer is skipped. */
async function roundRobin(targets: readonly { readonly port: number }[]) {
  let turn = 0;
  const took: number[] = targets.map(() => 0);
  const agent = new http.Agent({ keepAlive: false });
  const server = http.createServer((request, response) => {
    const index = turn++ % targets.length;
    took[index] = (took[index] ?? 0) + 1;
    const { method, url, headers } = request;
    const passed = http.request(
      { host: '127.0.0.1', port: targets[index]?.port, method, path: url, headers, agent },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    passed.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    took,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describeWith(
  { tools: ['versitygw'] },
  `${replicas} servers behind a round-robin proxy, over S3`,
  () => {
    const s3 = suiteS3();
    const started: Slipway[] = [];
    let database: TestDatabase;
    let folder: TempFolder;
    let proxy: Awaited<ReturnType<typeof roundRobin>>;

    beforeAll(async () => {
      database = await testDatabase();
      folder = await tempFolder('replicas');
      const env = {
        ...inS3(s3, redirecting(s3)),
        SLIPWAY_DATABASE_URL: urlOf(database.connection),
        SLIPWAY_ADMIN_PASSWORD: password,
      };
      // All at once: one of them migrates, and none fails.
      started.push(
        ...(await Promise.all(Array.from({ length: replicas }, () => startSlipway({ env })))),
      );
      proxy = await roundRobin(started);
    }, startLimit);
    afterAll(async () => {
      await proxy.close();
      await Promise.all(started.map((slipway) => slipway.stop()));
      await folder.remove();
      await database.drop();
    }, startLimit);

    const peer = () => ({ url: proxy.url, username: 'admin', password });
    const blobAt = async (repository: string, bytes: Buffer) => {
      const path = `/v2/${repository}/blobs/${digestOf(bytes)}`;
      const answer = expectStatus(await send(peer(), 'GET', path), 307);
      const stored = await fetch(answer.headers.location ?? '');
      return Buffer.from(await stored.arrayBuffer());
    };

    it(
      'takes each chunk of an upload by another server, and has its bytes in the end',
      async () => {
        const bytes = someBytes(20_000_003);
        const opened = await send(peer(), 'POST', '/v2/robin/blobs/uploads/', {
          body: Buffer.alloc(0),
        });
        const location = expectStatus(opened, 202).headers.location ?? '';
        const before = [...proxy.took];
        const cuts = [0, 1, 1025, 300_000, 9_000_000, 9_000_001, 19_000_000, bytes.length];
        for (const [index, start] of cuts.slice(0, -1).entries()) {
          const stop = cuts[index + 1] ?? 0;
          const answer = await send(peer(), 'PATCH', location, {
            headers: { 'content-range': `${start}-${stop - 1}` },
            body: bytes.subarray(start, stop),
          });
          expect(expectStatus(answer, 202).headers.range).toBe(`0-${stop - 1}`);
          const state = expectStatus(await send(peer(), 'GET', location), 204);
          expect(state.headers.range).toBe(`0-${stop - 1}`);
        }
        const finish = `${location}?digest=${digestOf(bytes)}`;
        expectStatus(await send(peer(), 'PUT', finish, { body: Buffer.alloc(0) }), 201);
        expect(proxy.took.every((count, index) => count > (before[index] ?? 0))).toBe(true);
        expect((await blobAt('robin', bytes)).equals(bytes)).toBe(true);
      },
      limit,
    );

    it(
      'refuses bytes that are not the digest’s, though no server has seen all of them',
      async () => {
        const bytes = someBytes(1_000_000);
        const opened = await send(peer(), 'POST', '/v2/robin/blobs/uploads/', {
          body: Buffer.alloc(0),
        });
        const location = expectStatus(opened, 202).headers.location ?? '';
        for (const half of [bytes.subarray(0, 400_000), bytes.subarray(400_000)]) {
          expectStatus(await send(peer(), 'PATCH', location, { body: half }), 202);
        }
        const other = digestOf(someBytes(999_999));
        const refused = await send(peer(), 'PUT', `${location}?digest=${other}`, {
          body: Buffer.alloc(0),
        });
        expect(refused.status).toBe(400);
        expect(refused.body.toString()).toContain(digestOf(bytes));
        expectStatus(await send(peer(), 'HEAD', `/v2/robin/blobs/${other}`), 404);
        expectStatus(await send(peer(), 'GET', location), 404);
      },
      limit,
    );

    it(
      'loses nothing of what it has acknowledged when one server after the other is killed',
      async () => {
        const random = randomOf('robin');
        const ledger = new Ledger();
        let over = false;
        const counts = { acknowledged: 0, lost: 0 };
        const pushing = Promise.all(
          Array.from({ length: 6 }, async (_, n) => {
            const agent = new http.Agent({ keepAlive: true });
            const pusher = {
              name: `p${n}`,
              peer: peer(),
              agent,
              ledger,
              random: random.fork(`${n}`),
            };
            while (!over) {
              try {
                await pushSomething(pusher);
                counts.acknowledged++;
              } catch (error) {
                const status = error instanceof UnexpectedAnswer ? error.answer.status : undefined;
                // A chunk's writer that was killed holds its upload for a moment.
                if (status !== undefined && ![409, 502, 503].includes(status)) throw error;
                counts.lost++;
              }
            }
            agent.destroy();
          }),
        );
        pushing.catch(() => undefined);
        for (const slipway of started) {
          const before = counts.acknowledged;
          await until('pushes go on', () => counts.acknowledged > before + 5, 60_000);
          await slipway.kill9();
          await slipway.restart();
        }
        over = true;
        await pushing;
        const agent = new http.Agent();
        // Bytes come from S3 by redirects; this reader takes them from one server that passes them on.
        const reader = await startSlipway({
          env: {
            ...inS3(s3),
            SLIPWAY_DATABASE_URL: urlOf(database.connection),
            SLIPWAY_ADMIN_PASSWORD: password,
          },
        });
        try {
          const at = { peer: { ...peer(), url: reader.url }, agent };
          expect(await brokenPromises(at, ledger, 'all')).toEqual([]);
          const { broken } = await resumeUploads(at, ledger, () => random.integer(2) === 0);
          expect(broken).toEqual([]);
          expect(await brokenPromises(at, ledger, 'fresh')).toEqual([]);
        } finally {
          agent.destroy();
          await reader.stop();
        }
      },
      2 * limit,
    );

    describeWith({ tools: ['crane'] }, 'and crane', () => {
      it.each([
        ['an image', multiLayerImage],
        ['a layer of 100 MiB', (parent: string) => hugeLayerImage(parent, 100 * 2 ** 20)],
      ] as const)(
        'push and pull %s without changing a byte',
        async (_, make) => {
          const crane = client('crane', folder.path, { DOCKER_CONFIG: join(folder.path, 'admin') });
          const host = `127.0.0.1:${proxy.port}`;
          const image = await make(folder.path);
          await crane.run(['auth', 'login', host, '--username', 'admin', '--password', password]);
          await crane.run(['push', image.folder, `${host}/robin/${image.name}`]);
          const copy = join(folder.path, `robin-${image.name}`);
          await crane.run(['pull', '--format=oci', `${host}/robin/${image.name}`, copy]);
          expect(await contentOfLayout(copy)).toEqual(image.content);
        },
        limit,
      );
    });
  },
);
