import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { describeWith } from '../needs.ts';
import { digestOf } from '../protocol/content.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { registryAt, type Registry } from '../registry.ts';
import { until } from '../resilience/processes.ts';
import { inS3, suiteS3 } from '../s3-suite.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { startLimit } from '../suite-registry.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { slipwayServer } from './terminal.ts';

const limit = 180_000;
const repository = 'backed/up';

let folder: TempFolder;
beforeEach(async () => {
  folder = await tempFolder('backup');
});
afterEach(async () => folder.remove());

const registryOf = ({ url, username, password }: Slipway) => registryAt(url, username, password);

/** An image of one layer, whose tag is its name; answers its manifest's digest. */
async function push(registry: Registry, tag: string): Promise<string> {
  const brought = async (bytes: Buffer) => {
    const digest = digestOf(bytes);
    const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
    await expectCreated(registry, path, 'POST', bytes, 'application/octet-stream');
    return { digest, size: bytes.length };
  };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        ...(await brought(Buffer.from('{}'))),
      },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          ...(await brought(randomBytes(100_000))),
        },
      ],
    }),
  );
  await expectCreated(registry, `/v2/${repository}/manifests/${tag}`, 'PUT', manifest, ociManifest);
  return digestOf(manifest);
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

async function expectCreated(
  registry: Registry,
  path: string,
  method: string,
  bytes: Buffer,
  type: string,
): Promise<void> {
  const answer = await registry.fetch(path, {
    method,
    headers: { 'content-type': type },
    body: new Uint8Array(bytes),
  });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** Pushes one image after the other until it is told to end. */
function pushing(registry: Registry) {
  const pushed: string[] = [];
  const over = new AbortController();
  const work = (async () => {
    while (!over.signal.aborted) pushed.push(await push(registry, `v${pushed.length}`));
  })();
  work.catch(() => undefined);
  return {
    pushed,
    end: async () => {
      over.abort();
      await work;
    },
  };
}

/** All that the restored registry says it has can be pulled, and so can all that was there before the backup. */
async function expectRestored(registry: Registry, before: readonly string[]): Promise<void> {
  for (const digest of before) expect(await registry.content(repository, digest)).toHaveLength(3);
  const tags = await registry.tags(repository);
  expect(tags.length).toBeGreaterThanOrEqual(before.length);
  for (const tag of tags) expect(await registry.content(repository, tag)).toHaveLength(3);
}

test(
  'a backup that is made while pushes go on is restored into an empty place, and everything in it is pulled by digest',
  async () => {
    const slipway = await startSlipway();
    const backups = join(folder.path, 'backups');
    const own = { SLIPWAY_DATA_DIR: slipway.dataDir };
    const pushes = pushing(registryOf(slipway));
    await until('some images are there', () => pushes.pushed.length >= 5, limit);
    const before = [...pushes.pushed];
    const first = await slipwayServer(['backup', backups], own);
    const during = pushes.pushed.length - before.length;
    await pushes.end();
    expect(first).toMatchObject({ code: 0, errors: '', report: { bytes: 'copied', faults: [] } });
    expect(during).toBeGreaterThan(0);

    const known = (first.report as { readonly blobs: number }).blobs;
    const second = await slipwayServer(['backup', backups], own);
    const all = pushes.pushed.length + 1;
    expect(second.report).toMatchObject({ blobs: all, copied: { blobs: all - known } });
    expect(await slipwayServer(['scrub'], own)).toMatchObject({
      code: 0,
      report: { blobs: all, faults: [], orphans: [] },
    });
    await slipway.stop();

    const dataDir = join(folder.path, 'restored');
    const { backup } = first.report as { readonly backup: string };
    const args = ['restore', backups, '--backup', backup];
    const restored = await slipwayServer(args, { SLIPWAY_DATA_DIR: dataDir });
    expect(restored).toMatchObject({
      ...{ code: 0, errors: '' },
      report: { backup, proven: known, faults: [], wrongManifests: [] },
    });
    const again = await slipwayServer(args, { SLIPWAY_DATA_DIR: dataDir });
    expect(again).toMatchObject({ code: 1, report: undefined });
    expect(again.errors).toContain('the database is not empty');

    const after = await startSlipway({ dataDir });
    try {
      await expectRestored(registryOf(after), before);
      await push(registryOf(after), 'afterwards');
    } finally {
      await after.stop();
    }
  },
  limit,
);

test('a registry that is not there is not made by looking for it', async () => {
  const nowhere = join(folder.path, 'nowhere');
  for (const args of [['backup', join(folder.path, 'b')], ['scrub']]) {
    const { code, errors } = await slipwayServer(args, { SLIPWAY_DATA_DIR: nowhere });
    expect(code).toBe(1);
    expect(errors).toContain(
      `there is no ${nowhere}/blobs: run this with the settings of the server`,
    );
  }
});

describeWith({ tools: ['versitygw'] }, 'a registry in S3', () => {
  const s3 = suiteS3();
  let database: TestDatabase;
  let empty: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    empty = await testDatabase({ empty: true });
  });
  afterAll(async () => {
    await database.drop();
    await empty.drop();
  });

  test(
    'is backed up into a folder, scrubbed, and restored where its bytes have gone',
    async () => {
      const env = { ...inS3(s3), SLIPWAY_DATABASE_URL: urlOf(database.connection) };
      const slipway = await startSlipway({ env });
      const before: string[] = [];
      for (const tag of ['a', 'b', 'c']) before.push(await push(registryOf(slipway), tag));
      await slipway.stop();
      const backups = join(folder.path, 'backups');
      const made = await slipwayServer(['backup', backups], env);
      expect(made).toMatchObject({ code: 0, report: { blobs: 4, faults: [] } });
      expect(await slipwayServer(['scrub', '--grace', '0'], env)).toMatchObject({
        code: 0,
        report: { blobs: 4, faults: [], orphans: [] },
      });

      const elsewhere = {
        ...env,
        SLIPWAY_S3_PREFIX: 'restored',
        SLIPWAY_DATABASE_URL: urlOf(empty.connection),
      };
      const restored = await slipwayServer(['restore', backups], elsewhere);
      expect(restored).toMatchObject({ code: 0, report: { proven: 4, faults: [] } });
      const after = await startSlipway({ env: elsewhere });
      await expectRestored(registryOf(after), before).finally(() => after.stop());
    },
    startLimit + limit,
  );

  test(
    'is told by a scrub of objects that belong to nothing',
    async () => {
      const fresh = await testDatabase({ empty: true });
      const env = {
        ...inS3(s3),
        SLIPWAY_S3_PREFIX: 'restored',
        SLIPWAY_DATABASE_URL: urlOf(fresh.connection),
      };
      try {
        const slipway = await startSlipway({ env });
        await push(registryOf(slipway), 'own');
        await slipway.stop();
        const { code, report } = await slipwayServer(['scrub', '--grace', '0'], env);
        expect(code).toBe(1);
        expect(report).toMatchObject({ blobs: 2, faults: [] });
        // Those of the registry that was restored under the same prefix, whose database this is not.
        expect((report as { readonly orphans: readonly unknown[] }).orphans).toHaveLength(4);
      } finally {
        await fresh.drop();
      }
    },
    startLimit + limit,
  );
});
