import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata } from '@slipway/metadata';
import type { TestDatabase } from '@slipway/metadata/testing';
import { collectGarbage } from '@slipway/registry';
import type { BlobStore } from '@slipway/storage';
import { urlOf } from '../../protocol/postgres-url.ts';
import { randomOf } from '../random.ts';
import { Fleet } from './fleet.ts';
import { poolOf, Worker } from './worker.ts';

export const seed = process.env.SLIPWAY_TEST_SEED ?? randomBytes(4).toString('hex');

const WORKERS = 12;
const REPLICAS = 3;
const POOL = 1000;

const AT_ONCE = {
  ...{ reviewDelay: 0, deletionDelay: 0, uploadExpiry: 86_400, trashDelay: 86_400 },
  now: Date.now,
};

/** What waits for its review is reviewed now. */
/** What somebody is just at is passed by: two that wait for each other's rows would end one of them. */
const NO_GRACE = `
  update blob_reviews set review_after = now() where ctid = any(array(
    select ctid from blob_reviews where review_after > now() for update skip locked));
  update deletions set delete_after = now() where ctid = any(array(
    select ctid from deletions where delete_after > now() for update skip locked))`;

export interface Setting {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly store: BlobStore;
  readonly env: Readonly<Record<string, string>>;
  /** Keys of all that the store has. */
  keys(): Promise<readonly string[]>;
}

/**
 * People push, mount, tag, delete, restore, retire and purge at random, at three replicas of which one is killed
 * now and again, while everything that may be garbage is looked at again and again without any grace. Each
 * repository has one of them, who knows what it must have; the blobs are everybody's. It goes on for that many
 * requests, and until that time.
 */
export async function keepTidy(operations: number, setting: Setting, until = 0): Promise<string> {
  const { database, store } = setting;
  const random = randomOf(seed);
  const fleet = await Fleet.start(REPLICAS, setting.folder, {
    ...setting.env,
    SLIPWAY_DATABASE_URL: urlOf(database.connection),
    SLIPWAY_GARBAGE_INTERVAL: '1',
    SLIPWAY_GARBAGE_DELAY: '1',
    SLIPWAY_LOG_LEVEL: 'warn',
  });
  const metadata = await Metadata.connect(database.connection);
  const over = new AbortController();
  let collected = 0;
  try {
    const pool = poolOf(random.fork('pool'), POOL);
    const names = Array.from({ length: WORKERS }, (_, n) => `tidy/r${n}`);
    const workers = names.map(
      (name) =>
        new Worker(
          fleet,
          pool,
          random.fork(name),
          name,
          names.filter((other) => other !== name),
        ),
    );
    for (const worker of workers) await worker.begin();

    const collect = async (uploadExpiry: number, signal: AbortSignal) => {
      await database.query(NO_GRACE);
      const done = await collectGarbage(metadata, store, { ...AT_ONCE, uploadExpiry }, signal);
      if (done.failures.length > 0) throw done.failures[0];
      collected += done.removedBlobs;
    };
    const collecting = (async () => {
      while (!over.signal.aborted) {
        await collect(AT_ONCE.uploadExpiry, over.signal);
        await sleep(100);
      }
    })();
    const chaos = random.fork('kills');
    const killing = (async () => {
      while (!over.signal.aborted) {
        await sleep(4000 + chaos.integer(8000));
        await fleet.killOne(chaos);
      }
    })();
    const working = workers.map(async (worker) => {
      while ((fleet.asked < operations || Date.now() < until) && !over.signal.aborted)
        await worker.doSomething();
    });
    try {
      await Promise.race([Promise.all(working), collecting, killing]);
    } finally {
      over.abort();
      await Promise.allSettled([...working, collecting, killing]);
    }
    await Promise.all([...working, collecting, killing]);

    await Promise.all(workers.map((worker) => worker.verify()));
    const quiet = new AbortController().signal;
    const settle = async () => {
      // An upload that a kill has cut off has no end: the collector gives it one.
      for (let round = 0; round < 3; round++) await collect(0, quiet);
    };
    await expectExactly(setting, workers, settle, 'with the trash');
    await Promise.all(workers.map((worker) => worker.purgeAll()));
    await Promise.all(workers.map((worker) => worker.verify()));
    await expectExactly(setting, workers, settle, 'without the trash');
    return `seed ${seed}: ${fleet.asked} requests, ${fleet.kills} kills, ${collected} blobs collected here alone`;
  } catch (error) {
    process.stderr.write(`${fleet.faults()}\n`);
    throw error;
  } finally {
    over.abort();
    await fleet.stop();
    await metadata.close();
  }
}

/** No live byte is lost, and no dead one kept: in the metadata, and in the store. */
async function expectExactly(
  setting: Setting,
  workers: readonly Worker[],
  settle: () => Promise<void>,
  when: string,
): Promise<void> {
  await settle();
  const wanted = new Set(workers.flatMap(({ model }) => [...model.blobs()]));
  const there = await setting.database.query<{ digest: string; key: string }>(
    'select digest, storage_key as key from blobs',
  );
  const digests = there.map(({ digest }) => digest).sort();
  expect({ when, digests }).toEqual({ when, digests: [...wanted].sort() });
  const indexes = await setting.database.query<{ key: string }>(
    `select storage_key as key from layer_indexes where storage_key is not null`,
  );
  const stored = [...(await setting.keys())].sort();
  const known = [...there, ...indexes].map(({ key }) => key).sort();
  expect({ when, stored }).toEqual({ when, stored: known });
}
