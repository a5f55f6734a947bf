import { join } from 'node:path';
import { EmbeddedPostgres, Metadata, migrate } from '@slipway/metadata';
import { parseRepositoryName } from '@slipway/oci';
import { ANONYMOUS, collectGarbage, Retention } from '@slipway/registry';
import { FilesystemBlobStore, parseStorageKey } from '@slipway/storage';
import pg from 'pg';
import { scratchFolder, undoAll, undoAllOnSignals, undoAtEnd } from './leave-nothing-behind.ts';
import { describeMachine } from './report/machine.ts';

// What keeping the store tidy costs, beside ever more that is not garbage: `npm run bench:upkeep`.

const DEAD = 10_000;
const ROUNDS = 3;
const TAGS = 100_000;
const TIMES = {
  ...{ reviewDelay: 0, deletionDelay: 0, uploadExpiry: 0, trashDelay: 604_800 },
  now: Date.now,
};

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return (performance.now() - before) / 1000;
};
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

interface Bench {
  readonly sql: pg.Client;
  readonly metadata: Metadata;
  readonly store: FilesystemBlobStore;
}

async function start(): Promise<Bench> {
  const scratch = await scratchFolder('upkeep');
  const postgres = await EmbeddedPostgres.start(join(scratch.path, 'postgres'));
  undoAtEnd(() => postgres.stop());
  await migrate(postgres.connection);
  const { connection } = postgres;
  if (!('socketDirectory' in connection)) throw new Error('Postgres listens on no socket');
  const { socketDirectory: host, user, database } = connection;
  const sql = new pg.Client({ host, user, database });
  await sql.connect();
  undoAtEnd(() => sql.end());
  const metadata = await Metadata.connect(connection);
  undoAtEnd(() => metadata.close());
  return { sql, metadata, store: await FilesystemBlobStore.open(join(scratch.path, 'blobs')) };
}

/** Blobs of images that are all in use, 5 in each: rows alone, for nobody looks at their bytes. */
async function seedLive({ sql }: Bench, from: number, to: number): Promise<void> {
  await sql.query(`
    insert into repositories (name) select 'live/r' || n from generate_series(0, 99) n
      on conflict do nothing;
    insert into blobs (digest, size, storage_key)
      select 'sha256:' || encode(sha256(('live' || n)::bytea), 'hex'), 1000, gen_random_uuid()
      from generate_series(${from}, ${to - 1}) n;
    insert into repository_blobs (repository_id, digest)
      select r.id, 'sha256:' || encode(sha256(('live' || n)::bytea), 'hex')
      from generate_series(${from}, ${to - 1}) n join repositories r on r.name = 'live/r' || (n / 5 % 100);
    insert into manifests (repository_id, digest, media_type, content, size)
      select r.id, 'sha256:' || encode(sha256(('image' || n)::bytea), 'hex'),
        'application/vnd.oci.image.manifest.v1+json', '{}', 2
      from generate_series(${from / 5}, ${to / 5 - 1}) n join repositories r on r.name = 'live/r' || (n % 100);
    insert into manifest_references (repository_id, manifest_digest, digest)
      select r.id, 'sha256:' || encode(sha256(('image' || n / 5)::bytea), 'hex'),
        'sha256:' || encode(sha256(('live' || n)::bytea), 'hex')
      from generate_series(${from}, ${to - 1}) n join repositories r on r.name = 'live/r' || (n / 5 % 100);
  `);
  await sql.query('vacuum analyze');
}

/** Blobs that nothing refers to, with bytes on the disk, all up for review. */
async function seedDead({ sql, store }: Bench): Promise<void> {
  const { rows } = await sql.query<{ key: string }>(
    `with blob as (
        insert into blobs (digest, size, storage_key)
        select 'sha256:' || encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 1000, gen_random_uuid()
        from generate_series(1, $1) returning digest, storage_key),
      link as (
        insert into repository_blobs (repository_id, digest)
        select r.id, b.digest from (select digest, row_number() over () % 100 as n from blob) b
        join repositories r on r.name = 'live/r' || b.n returning repository_id, digest),
      review as (
        insert into blob_reviews (repository_id, digest, review_after)
        select repository_id, digest, now() from link)
    select storage_key as key from blob`,
    [DEAD],
  );
  const bytes = Buffer.alloc(1000);
  const write = async ({ key }: { readonly key: string }) => {
    const ingest = await store.ingest(parseStorageKey(key));
    await ingest.append(only(bytes));
    await ingest.commit();
    await ingest.close();
  };
  for (let at = 0; at < rows.length; at += 64)
    await Promise.all(rows.slice(at, at + 64).map(write));
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(bench: Bench): Promise<number> {
  await seedDead(bench);
  await bench.sql.query('checkpoint');
  const { metadata, store } = bench;
  return seconds(async () => {
    const done = await collectGarbage(metadata, store, TIMES, new AbortController().signal);
    if (done.deletedKeys !== DEAD) throw new Error(`${done.deletedKeys} of ${DEAD} were deleted`);
  });
}

async function garbage(bench: Bench): Promise<void> {
  console.log(`\ncollecting ${DEAD} dead blobs, ${ROUNDS} rounds each`);
  let before = 0;
  let few: number | undefined;
  for (const live of [10_000, 1_000_000]) {
    await seedLive(bench, before, live);
    before = live;
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) times.push(await collect(bench));
    const time = median(times);
    few ??= time;
    console.log(
      `  beside ${live} live ones: ${time.toFixed(2)} s (${times.map((each) => each.toFixed(2)).join(', ')}), ${Math.round(DEAD / time)} a second, ${(time / few).toFixed(2)}x`,
    );
  }
}

/** A tag for each of `TAGS` images of two layers, one of them everybody's; the later, the newer. */
async function retention({ sql, metadata }: Bench): Promise<void> {
  await sql.query(`
    insert into repositories (name) values ('acme/busy');
    insert into blobs (digest, size, storage_key)
      select 'sha256:' || encode(sha256(('busy' || n)::bytea), 'hex'), 1000, gen_random_uuid()
      from generate_series(0, ${TAGS}) n;
    insert into repository_blobs (repository_id, digest)
      select r.id, 'sha256:' || encode(sha256(('busy' || n)::bytea), 'hex')
      from generate_series(0, ${TAGS}) n, repositories r where r.name = 'acme/busy';
    insert into manifests (repository_id, digest, media_type, content, size)
      select r.id, 'sha256:' || encode(sha256(('build' || n)::bytea), 'hex'),
        'application/vnd.oci.image.manifest.v1+json', '{}', 2
      from generate_series(1, ${TAGS}) n, repositories r where r.name = 'acme/busy';
    insert into manifest_references (repository_id, manifest_digest, digest)
      select r.id, 'sha256:' || encode(sha256(('build' || n)::bytea), 'hex'),
        'sha256:' || encode(sha256(('busy' || m)::bytea), 'hex')
      from generate_series(1, ${TAGS}) n, unnest(array[0, n]) m, repositories r where r.name = 'acme/busy';
    insert into tags (repository_id, name, digest, updated_at)
      select r.id, 'build-' || n, 'sha256:' || encode(sha256(('build' || n)::bytea), 'hex'),
        now() - make_interval(mins => ${TAGS} - n)
      from generate_series(1, ${TAGS}) n, repositories r where r.name = 'acme/busy';
  `);
  await sql.query('vacuum analyze');
  const name = parseRepositoryName('acme/busy');
  if (name === undefined) throw new Error('acme/busy is no name');
  const rules = new Retention(metadata, TIMES);
  await rules.set(name, {
    rules: [
      { tags: ['build-*'], keepLast: 100, keepPulledWithinDays: 30 },
      { tags: ['v*'], keepLast: 10 },
    ],
    protect: ['latest', 'build-*000'],
  });
  console.log(`\nretention in a repository of ${TAGS} tags`);
  const by = {
    identity: { ...ANONYMOUS, name: 'bench' },
    asking: { address: '', client: '', requestId: '' },
  };
  const rehearsing: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rehearsing.push(await seconds(async () => rules.rehearse(name, undefined)));
  }
  const summary = await rules.rehearse(name, undefined);
  console.log(
    `  rehearsed: ${median(rehearsing).toFixed(2)} s; ${summary.tagsGo} tags and ${summary.frees} bytes would go`,
  );
  const page = { after: '', limit: 1000, going: undefined };
  console.log(
    `  1000 tags, each with its reason: ${(await seconds(async () => rules.judge(name, undefined, page))).toFixed(2)} s`,
  );
  console.log(
    `  applied: ${(await seconds(async () => rules.apply(name, by))).toFixed(2)} s, into the trash`,
  );
}

try {
  undoAllOnSignals();
  const machine = describeMachine();
  console.log(`${machine.processor}, ${machine.cores} cores; load ${machine.load}`);
  const bench = await start();
  await garbage(bench);
  await retention(bench);
} finally {
  await undoAll();
}
