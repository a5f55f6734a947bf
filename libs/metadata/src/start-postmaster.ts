import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresCluster } from './postgres-cluster.ts';
import { findPostmaster, removeStalePostmasterFile } from './postmaster-file.ts';
import {
  adoptPostmaster,
  postmasterArguments,
  spawnPostmaster,
  startLog,
  stopPostmaster,
  type Postmaster,
} from './postmaster.ts';
import type { SocketConnection } from './connection.ts';

const READY_LIMIT = 120_000;
const LOCKED_LIMIT = 15_000;

/** Postgres refuses to start beside what it takes for another one, until the kernel has buried that. */
const LOCKED = /lock file .* already exists|shared memory block .* is still in use/;

/** Adopts or starts the cluster's postmaster and answers it when it takes connections. */
export async function startPostmaster(
  cluster: PostgresCluster,
  settings: readonly string[],
  connection: SocketConnection,
): Promise<Postmaster> {
  const args = postmasterArguments(cluster, settings);
  const begun = Date.now();
  for (;;) {
    const postmaster = (await adopted(cluster, args)) ?? (await spawned(cluster, args));
    if (await isReady(postmaster, connection)) return postmaster;
    if (!postmaster.adopted) {
      const complaint = startLog(cluster);
      if (!LOCKED.test(complaint) || Date.now() - begun > LOCKED_LIMIT) {
        throw new Error(`Postgres did not start: ${complaint}`);
      }
    }
    await sleep(100);
  }
}

/** One that was started differently, by an earlier version, is stopped. */
async function adopted(
  cluster: PostgresCluster,
  args: readonly string[],
): Promise<Postmaster | undefined> {
  const found = findPostmaster(cluster);
  if (!found) return undefined;
  const postmaster = adoptPostmaster(cluster, found);
  if (found.args.join('\0') === args.join('\0')) return postmaster;
  await stopPostmaster(postmaster);
  return undefined;
}

async function spawned(
  cluster: PostgresCluster,
  args: readonly [string, ...string[]],
): Promise<Postmaster> {
  removeStalePostmasterFile(cluster);
  return spawnPostmaster(cluster, args);
}

/** Waits until it takes connections. Answers false when it ends before that. */
async function isReady(
  postmaster: Postmaster,
  { socketDirectory, user, database }: SocketConnection,
): Promise<boolean> {
  const begun = Date.now();
  while (postmaster.isRunning()) {
    const client = new pg.Client({ host: socketDirectory, user, database });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (error) {
      if (Date.now() - begun > READY_LIMIT) {
        await stopPostmaster(postmaster);
        throw new Error('Postgres takes no connections', { cause: error });
      }
    }
    await sleep(20);
  }
  return false;
}
