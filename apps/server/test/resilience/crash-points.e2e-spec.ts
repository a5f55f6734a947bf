import { join } from 'node:path';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { externalPostgres, type ExternalPostgres, type Moment } from './external-postgres.ts';
import { sha256 } from './ledger.ts';
import { until } from './processes.ts';
import { storedDigests } from './reckoning.ts';
import { expectStatus, send, type Peer } from './wire.ts';

const limit = 30_000;
const moments: readonly Moment[] = [
  'on its way to the database',
  'done, and its answer on its way back',
];
/** What is in the statements that make a push what it is. */
const blobCommit = 'uploads.commit\0';
const manifestCommit = 'manifests.put-whole\0';
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

describe('a server that is killed while a push ends', () => {
  let folder: TempFolder | undefined;
  let postgres: ExternalPostgres | undefined;
  let slipway: Slipway | undefined;

  const parts = () => {
    if (slipway === undefined || postgres === undefined) throw new Error('the suite did not start');
    return { slipway, postgres };
  };

  beforeAll(async () => {
    folder = await tempFolder('crash-points');
    postgres = await externalPostgres(folder.path);
    await postgres.start();
    slipway = await startSlipway({
      dataDir: join(folder.path, 'data'),
      env: {
        SLIPWAY_DATABASE_URL: postgres.url,
        SLIPWAY_GARBAGE_INTERVAL: '3600',
      },
    });
    const first = Buffer.from('the repository is there');
    const target = `/v2/points/blobs/uploads/?digest=${sha256(first)}`;
    expectStatus(await send(slipway, 'POST', target, { body: first }), 201);
  }, startLimit);

  afterAll(async () => {
    await slipway?.stop();
    await postgres?.stop();
    await folder?.remove();
  }, startLimit);

  /** Sends the request and kills the server when its commit is there; resolves once it runs again. */
  const killedAt = async (
    words: string,
    moment: Moment,
    request: (peer: Peer) => Promise<unknown>,
  ) => {
    const { slipway, postgres } = parts();
    const reached = postgres.holdNext(words, moment);
    const answered = request(slipway).then(
      () => true,
      () => false,
    );
    await reached;
    await slipway.kill9();
    expect(await answered).toBe(false);
    postgres.drop();
    await slipway.restart();
    return slipway;
  };

  const openUpload = async (peer: Peer) => {
    const opened = await send(peer, 'POST', '/v2/points/blobs/uploads/', { body: Buffer.alloc(0) });
    return expectStatus(opened, 202).headers.location ?? '';
  };

  it.each(moments)(
    'has a whole blob, or an upload that is finished by asking again, when its commit is %s',
    async (moment) => {
      const { slipway } = parts();
      const content = Buffer.from(`a blob, ${moment}`);
      const digest = sha256(content);
      const location = await openUpload(slipway);
      const finish = (peer: Peer, body: Buffer) =>
        send(peer, 'PUT', `${location}?digest=${digest}`, { body });
      const peer = await killedAt(blobCommit, moment, (peer) => finish(peer, content));
      // The bytes are durable before the database hears of them.
      expect(await storedDigests(slipway.dataDir)).toContain(digest);

      const path = `/v2/points/blobs/${digest}`;
      if (moment === 'done, and its answer on its way back') {
        expectStatus(await send(peer, 'GET', location), 404);
      } else {
        expectStatus(await send(peer, 'HEAD', path), 404);
        const { headers } = expectStatus(await send(peer, 'GET', location), 204);
        expect(headers.range).toBe(`0-${content.length - 1}`);
        expectStatus(await finish(peer, Buffer.alloc(0)), 201);
      }
      expect(expectStatus(await send(peer, 'GET', path), 200).body).toEqual(content);
    },
    limit,
  );

  it.each(moments)(
    'takes the same blob from a client that begins again, when its commit is %s',
    async (moment) => {
      const content = Buffer.from(`a blob again, ${moment}`);
      const target = `/v2/points/blobs/uploads/?digest=${sha256(content)}`;
      const push = (peer: Peer) => send(peer, 'POST', target, { body: content });
      const peer = await killedAt(blobCommit, moment, push);
      expectStatus(await push(peer), 201);
      const stored = await send(peer, 'GET', `/v2/points/blobs/${sha256(content)}`);
      expect(expectStatus(stored, 200).body).toEqual(content);
    },
    limit,
  );

  it.each(moments)(
    'has a manifest with its tags and all it points at, or nothing of it, when its commit is %s',
    async (moment) => {
      const { slipway } = parts();
      const config = Buffer.from(`{"moment":"${moment}"}`);
      const target = `/v2/points/blobs/uploads/?digest=${sha256(config)}`;
      expectStatus(await send(slipway, 'POST', target, { body: config }), 201);
      const body = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: ociManifest,
          config: { mediaType: 'application/json', digest: sha256(config), size: config.length },
          layers: [],
        }),
      );
      const digest = sha256(body);
      const tags = ['one', 'two'].map((tag) => `${tag}-${moments.indexOf(moment)}`);
      const push = (peer: Peer) => {
        const path = `/v2/points/manifests/${digest}?${tags.map((tag) => `tag=${tag}`).join('&')}`;
        return send(peer, 'PUT', path, { headers: { 'content-type': ociManifest }, body });
      };
      const peer = await killedAt(manifestCommit, moment, push);
      const statuses = async () =>
        Promise.all(
          [digest, ...tags].map(
            async (reference) =>
              (await send(peer, 'GET', `/v2/points/manifests/${reference}`)).status,
          ),
        );
      const there = moment === 'done, and its answer on its way back';
      expect(await statuses()).toEqual(there ? [200, 200, 200] : [404, 404, 404]);
      expectStatus(await push(peer), 201);
      expect(await statuses()).toEqual([200, 200, 200]);
    },
    limit,
  );

  it(
    'goes on with an upload whose bytes were durable already, and gives it up when told to',
    async () => {
      const { slipway } = parts();
      const content = Buffer.from('durable, and abandoned');
      const location = await openUpload(slipway);
      const finish = `${location}?digest=${sha256(content)}`;
      const peer = await killedAt(blobCommit, 'on its way to the database', (peer) =>
        send(peer, 'PUT', finish, { body: content }),
      );
      const more = await send(peer, 'PATCH', location, { body: Buffer.from('more') });
      expect(expectStatus(more, 202).headers.range).toBe(`0-${content.length + 3}`);
      expectStatus(await send(peer, 'DELETE', location), 204);
      expectStatus(await send(peer, 'GET', location), 404);
      expectStatus(await send(peer, 'HEAD', `/v2/points/blobs/${sha256(content)}`), 404);
    },
    limit,
  );

  it(
    'keeps a client that is not answered waiting no longer than until the database is back',
    async () => {
      const { slipway, postgres } = parts();
      const content = Buffer.from('held and let go');
      const reached = postgres.holdNext(blobCommit, 'done, and its answer on its way back');
      const target = `/v2/points/blobs/uploads/?digest=${sha256(content)}`;
      const pushed = send(slipway, 'POST', target, { body: content });
      await reached;
      postgres.release();
      expectStatus(await pushed, 201);
      await until('it is served', async () => {
        return (await send(slipway, 'GET', `/v2/points/blobs/${sha256(content)}`)).status === 200;
      });
    },
    limit,
  );
});
