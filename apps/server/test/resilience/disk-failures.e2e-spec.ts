import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWith } from '../needs.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { boundDisk, smallDisk, type Disk } from './disk.ts';
import { sha256 } from './ledger.ts';
import { logs, until } from './processes.ts';
import { expectStatus, ociError, send, type Answer, type Peer } from './wire.ts';

const limit = 60_000;
const megabyte = 1024 * 1024;
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const old = Buffer.from('pushed while all was well');

const push = (peer: Peer, bytes: Buffer) =>
  send(peer, 'POST', `/v2/disk/blobs/uploads/?digest=${sha256(bytes)}`, { body: bytes });
const pull = (peer: Peer, bytes: Buffer) => send(peer, 'GET', `/v2/disk/blobs/${sha256(bytes)}`);
const isReady = async (peer: Peer) => (await send(peer, 'GET', '/readyz')).status === 200;

function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(ociError(answer)).toMatchObject({
    code: 'UNAVAILABLE',
    message: "the registry's storage does not answer",
  });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
}

async function faultsOf(peer: Peer): Promise<Record<string, string>> {
  let faults: Record<string, string> = {};
  await until('it is not ready', async () => {
    const { status, body } = await send(peer, 'GET', '/readyz');
    ({ faults = {} } = JSON.parse(body.toString()) as { faults?: Record<string, string> });
    return status === 503;
  });
  expect((await send(peer, 'GET', '/healthz')).status).toBe(200);
  return faults;
}

/** Takes all the room that is left. */
async function fill(disk: Disk, file = 'filler'): Promise<() => Promise<void>> {
  const path = join(disk.path, file);
  const { bavail, bsize } = await statfs(disk.path);
  await writeFile(path, Buffer.alloc(bavail * bsize)).catch(() => undefined);
  return () => rm(path);
}

/** A server over a data folder in which something is mounted before it starts. */
function suite(mount: (folder: string) => Disk) {
  let folder: TempFolder | undefined;
  let slipway: Slipway | undefined;
  let disk: Disk | undefined;

  beforeAll(async () => {
    folder = await tempFolder('disk');
    disk = mount(folder.path);
    slipway = await startSlipway({
      dataDir: join(folder.path, 'data'),
      env: { SLIPWAY_GARBAGE_INTERVAL: '1' },
    });
    expectStatus(await push(slipway, old), 201);
  }, startLimit);

  afterAll(async () => {
    await slipway?.stop();
    await folder?.remove();
  }, startLimit);

  return () => {
    if (slipway === undefined || disk === undefined) throw new Error('the suite did not start');
    return { server: slipway, disk };
  };
}

describeWith({ tools: [], root: true }, 'a server whose disk of blobs is full', () => {
  const parts = suite((folder) => smallDisk(join(folder, 'data', 'blobs'), 24));

  it(
    'answers 507 to what does not fit, reads on, and takes it after there is room, with no restart',
    async () => {
      const { server } = parts();
      const large = randomBytes(40 * megabyte);
      const answer = await push(server, large);
      expect(answer.status).toBe(507);
      expect(ociError(answer)).toMatchObject({
        code: 'DENIED',
        message: "the registry's storage is full",
      });
      await logs(
        server,
        /"level":50.*cannot write \S+: the disk has no room left; free some bytes or inodes, or enlarge it \(ENOSPC\)/,
      );
      expect((await pull(server, old)).body).toEqual(old);
      expect((await pull(server, large)).status).toBe(404);
      // Nobody knows of the upload that failed, so its bytes do not stay.
      const small = randomBytes(10 * megabyte);
      await until('there is room again', async () => (await push(server, small)).status === 201);
      expect((await pull(server, small)).body.equals(small)).toBe(true);
    },
    limit,
  );

  it(
    'goes on with an upload that met the end of the disk, from where the disk ended',
    async () => {
      const { server, disk } = parts();
      const release = await fill(disk);
      const content = randomBytes(2 * megabyte);
      const opened = await send(server, 'POST', '/v2/disk/blobs/uploads/', {
        body: Buffer.alloc(0),
      });
      const location = expectStatus(opened, 202).headers.location ?? '';
      const refused = await send(server, 'PATCH', location, { body: content });
      expect(refused.status).toBe(507);
      expect((await faultsOf(server)).storage).toMatch(/no room left/);

      await release();
      await until('it is ready', () => isReady(server));
      const state = expectStatus(await send(server, 'GET', location), 204);
      const last = Number(state.headers.range?.split('-')[1]);
      const start = last === 0 ? 0 : last + 1;
      const rest = await send(server, 'PATCH', location, {
        headers: { 'content-range': `${start}-${content.length - 1}` },
        body: content.subarray(start),
      });
      expectStatus(rest, 202);
      const finish = `${location}?digest=${sha256(content)}`;
      expectStatus(await send(server, 'PUT', finish, { body: Buffer.alloc(0) }), 201);
      expect((await pull(server, content)).body.equals(content)).toBe(true);
    },
    limit,
  );

  it(
    'keeps what was pushed before from any harm by many that push at once on to the last byte',
    async () => {
      const { server, disk } = parts();
      const release = await fill(disk);
      const contents = Array.from({ length: 12 }, () => randomBytes(300_000));
      const statuses = await Promise.all(
        contents.map(async (each) => (await push(server, each)).status),
      );
      expect(new Set(statuses)).toEqual(new Set([507]));
      await release();
      await until('it is ready', () => isReady(server));
      for (const each of contents) {
        expectStatus(await push(server, each), 201);
        expect((await pull(server, each)).body.equals(each)).toBe(true);
      }
      expect((await pull(server, old)).body).toEqual(old);
    },
    limit,
  );
});

describeWith({ tools: [], root: true }, 'a server whose Postgres shares the full disk', () => {
  const parts = suite((folder) => smallDisk(join(folder, 'data'), 400));

  it(
    'answers 507 or 503, and goes on by itself with all that it had once there is room',
    async () => {
      const { server, disk } = parts();
      const release = await fill(disk);
      const contents = Array.from({ length: 40 }, () => randomBytes(50_000));
      const acknowledged: Buffer[] = [];
      for (const each of contents) {
        const answer = await push(server, each);
        expect([201, 503, 507]).toContain(answer.status);
        if (answer.status === 201) acknowledged.push(each);
        else expect(ociError(answer).message).toMatch(/^the registry's (?:storage|database) /);
      }
      await release();
      await until('it is ready', () => isReady(server), 40_000);
      for (const each of [old, ...acknowledged]) {
        expect((await pull(server, each)).body.equals(each)).toBe(true);
      }
      for (const each of contents) expectStatus(await push(server, each), 201);
    },
    limit,
  );

  it(
    'loses no manifest that it has acknowledged when Postgres itself finds no room',
    async () => {
      const { server, disk } = parts();
      const release = await fill(disk);
      const acknowledged: Buffer[] = [];
      const seen = new Set<number>();
      for (let n = 0; n < 100 && !seen.has(503); n++) {
        const manifest = Buffer.from(
          JSON.stringify({
            schemaVersion: 2,
            mediaType: ociManifest,
            config: { mediaType: 'text/plain', digest: sha256(old), size: old.length },
            layers: [],
            annotations: { noise: randomBytes(megabyte / 2).toString('hex') },
          }),
        );
        const answer = await send(server, 'PUT', `/v2/disk/manifests/${sha256(manifest)}`, {
          headers: { 'content-type': ociManifest },
          body: manifest,
        });
        seen.add(answer.status);
        if (answer.status === 201) acknowledged.push(manifest);
        else expect(ociError(answer).message).toBe("the registry's database does not answer");
      }
      expect([...seen].filter((status) => status !== 201)).toEqual([503]);
      await release();
      await until('it is ready', () => isReady(server), 40_000);
      for (const each of acknowledged) {
        const stored = await send(server, 'GET', `/v2/disk/manifests/${sha256(each)}`);
        expect(expectStatus(stored, 200).body.equals(each)).toBe(true);
      }
      expectStatus(await push(server, Buffer.from('pushed after it')), 201);
    },
    limit,
  );
});

describeWith({ tools: [], root: true }, 'a server whose folder of blobs', () => {
  let blobs = '';
  const parts = suite((folder) => {
    blobs = join(folder, 'disk');
    return boundDisk(blobs, join(folder, 'data', 'blobs'));
  });

  it(
    'cannot be written to answers 503 to pushes, reads on, and takes them again afterwards',
    async () => {
      const { server, disk } = parts();
      disk.remount('ro');
      expectUnavailable(await push(server, Buffer.from('not now')));
      await logs(
        server,
        /"level":50.*cannot open \S+: the disk is mounted read-only; see the kernel log/,
      );
      expect((await faultsOf(server)).storage).toMatch(/mounted read-only/);
      expect((await pull(server, old)).body).toEqual(old);
      disk.remount('rw');
      expectStatus(await push(server, Buffer.from('not now')), 201);
      await until('it is ready', () => isReady(server));
    },
    limit,
  );

  it(
    'is gone answers 503, never that there is no such blob, makes nothing in its place, and finds it again',
    async () => {
      const { server, disk } = parts();
      disk.unmount();
      expectUnavailable(await pull(server, old));
      expectUnavailable(await push(server, Buffer.from('nowhere')));
      expect((await faultsOf(server)).storage).toMatch(/check that the disk is mounted/);
      await logs(server, /"level":50.*it is gone; check that the disk is mounted/);
      expect(readdirSync(disk.path)).toEqual([]);
      boundDisk(blobs, disk.path);
      expect((await pull(server, old)).body).toEqual(old);
      expectStatus(await push(server, Buffer.from('nowhere')), 201);
      await until('it is ready', () => isReady(server));
    },
    limit,
  );
});
