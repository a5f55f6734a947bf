import { join } from 'node:path';
import { EmbeddedPostgres, Metadata, migrate, type TagOrder } from '@slipway/metadata';
import { parseNamePattern, parseRepositoryName } from '@slipway/oci';
import {
  ANONYMOUS,
  Blobs,
  Images,
  Manifests,
  Quotas,
  Repositories,
  TagList,
} from '@slipway/registry';
import { MemoryBlobStore } from '@slipway/storage';
import pg from 'pg';
import { scratchFolder, undoAll, undoAllOnSignals, undoAtEnd } from './leave-nothing-behind.ts';
import { describeMachine } from './report/machine.ts';

// How long people wait for lists, of much: `npm run bench:browse`.

const TAGS = 100_000;
const REPOSITORIES = 10_000;
const PAGE = 50;
const ROUNDS = 20;
const TIMES = {
  ...{ reviewDelay: 0, deletionDelay: 0, uploadExpiry: 0, trashDelay: 604_800 },
  now: Date.now,
};

interface Bench {
  readonly sql: pg.Client;
  readonly metadata: Metadata;
}

async function start(): Promise<Bench> {
  const scratch = await scratchFolder('browse');
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
  return { sql, metadata };
}

/** The median and the slowest of some rounds, in milliseconds. */
async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    await work();
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [times[ROUNDS / 2], times.at(-1)];
  console.log(`  ${what}: ${median.toFixed(1)} ms, at most ${slowest.toFixed(1)} ms`);
}

/** A tag for each of `TAGS` images, every tenth of which was pulled. */
async function tags({ sql, metadata }: Bench): Promise<void> {
  await sql.query(`
    insert into repositories (name) values ('acme/busy');
    insert into manifests (repository_id, digest, media_type, content, size, kind, layers_size, platforms)
      select r.id, 'sha256:' || encode(sha256(('build' || n)::bytea), 'hex'),
        'application/vnd.oci.image.manifest.v1+json', '{}', 2, 'image', n * 7919 % 1000003, '{linux/amd64}'
      from generate_series(1, ${TAGS}) n, repositories r;
    insert into tags (repository_id, name, digest, updated_at)
      select r.id, 'build-' || n, 'sha256:' || encode(sha256(('build' || n)::bytea), 'hex'),
        now() - make_interval(mins => n)
      from generate_series(1, ${TAGS}) n, repositories r;
    insert into manifest_pulls (repository_id, digest, pulls, last_pulled_at)
      select r.id, 'sha256:' || encode(sha256(('build' || n)::bytea), 'hex'), n % 977, now()
      from generate_series(1, ${TAGS}, 10) n, repositories r;
  `);
  await sql.query('vacuum analyze');
  const name = parseRepositoryName('acme/busy');
  if (name === undefined) throw new Error('acme/busy is no name');
  const blobs = new Blobs(metadata, new MemoryBlobStore(), TIMES);
  const manifests = new Manifests(metadata, TIMES, 'none', new Quotas(metadata, TIMES));
  const list = new TagList(metadata, new Images(metadata, manifests, blobs));
  console.log(`\n${PAGE} of ${TAGS} tags, with how many there are`);
  for (const by of ['name', 'pushed', 'size', 'pulls'] satisfies TagOrder['by'][]) {
    for (const descending of [false, true]) {
      const wanted = { at: undefined, text: undefined, order: { by, descending }, limit: PAGE };
      const page = (after: string | undefined) => list.page(name, { ...wanted, after });
      let middle: string | undefined;
      for (let n = 0; n < 50; n++) {
        middle = (await list.page(name, { ...wanted, after: middle, limit: 1000 })).next;
      }
      const order = `by ${by}${descending ? ', the last first' : ''}`;
      await measured(`${order}: the first page`, () => page(undefined));
      await measured(`${order}: the one in the middle`, () => page(middle));
    }
  }
  const searched = (text: string) => () =>
    list.page(name, {
      ...{ at: undefined, order: { by: 'name', descending: false } as const },
      ...{ text, after: undefined, limit: PAGE },
    });
  await measured('with 99 in their names', searched('99'));
  await measured('with what none has in its name', searched('none has it'));
}

/** Of `REPOSITORIES`, each with an image, those of a person: every hundredth, and what is public. */
async function repositories({ sql, metadata }: Bench): Promise<void> {
  await sql.query(`
    insert into repositories (name, description, visibility)
      select 'team-' || n % 100 || '/app-' || n, 'the app number ' || n,
        case when n % 10 = 0 then 'public' else 'private' end
      from generate_series(1, ${REPOSITORIES}) n;
    insert into manifests (repository_id, digest, media_type, content, size, pushed_at)
      select id, 'sha256:' || encode(sha256(name::bytea), 'hex'),
        'application/vnd.oci.image.manifest.v1+json', '{}', 2, now() - make_interval(secs => id)
      from repositories where name like 'team-%';
    insert into tags (repository_id, name, digest)
      select repository_id, 'latest', digest from manifests m
      join repositories r on r.id = m.repository_id where r.name like 'team-%';
  `);
  await sql.query('vacuum analyze');
  const list = new Repositories(metadata, TIMES, new Quotas(metadata, TIMES));
  const pattern = parseNamePattern('team-7/*');
  if (pattern === undefined) throw new Error('team-7/* is no pattern');
  const right = { pattern, role: 'pull', through: 'a team' } as const;
  const person = { ...ANONYMOUS, kind: 'account', name: 'ada', rights: [right] } as const;
  for (const [who, identity] of [
    ['who may pull some', person],
    ['an administrator', { ...person, administrator: true }],
    ['a visitor', ANONYMOUS],
  ] as const) {
    console.log(`\n${PAGE} of ${REPOSITORIES} repositories, for ${who}`);
    for (const by of ['name', 'last-pushed'] as const) {
      for (const text of [undefined, 'number 77', 'none has it']) {
        const page = { by, after: undefined, limit: PAGE };
        const what = `${by}${text === undefined ? '' : `, with “${text}”`}`;
        await measured(what, () => list.browse(identity, page, { text }));
      }
    }
  }
}

try {
  undoAllOnSignals();
  const machine = describeMachine();
  console.log(`${machine.processor}, ${machine.cores} cores; load ${machine.load}`);
  const bench = await start();
  await tags(bench);
  await repositories(bench);
} finally {
  await undoAll();
}
