import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, lchownSync, mkdirSync } from 'node:fs';
import { lstat, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { commandAs, type PostgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

/**
 * One Postgres cluster and what belongs to it:
 *
 *     <folder>/
 *       lock                  held by the process that supervises this Postgres
 *       cluster/              PG_VERSION, base/, pg_wal/, …: complete since the moment it has this name
 *       cluster.<uuid>.new/   a cluster whose making has not ended, or never will
 *       run/.s.PGSQL.5432     the socket, the only way in
 *       log/Mon.log …         a week of what Postgres says; start.log, what it says before that is open
 */
export interface PostgresCluster {
  readonly binaries: PostgresBinaries;
  /** Whom it runs as; undefined for ourselves. */
  readonly account: PostgresAccount | undefined;
  readonly data: string;
  readonly run: string;
  readonly log: string;
}

/** What initdb and Postgres see of our environment: nothing that would change what they do. */
export const POSTGRES_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};

export const SUPERUSER = 'slipway';

/**
 * Opens the cluster in `folder` for `account`, making it when there is none. The caller holds the
 * folder's lock.
 */
export async function openCluster(
  folder: string,
  account: PostgresAccount | undefined,
  binaries: PostgresBinaries,
): Promise<PostgresCluster> {
  const data = join(folder, 'cluster');
  const cluster = { binaries, account, data, run: join(folder, 'run'), log: join(folder, 'log') };
  for (const directory of [folder, cluster.run, cluster.log]) {
    mkdirSync(directory, { recursive: true });
  }
  await removeUnfinished(folder);
  if (account) await handOver(folder, account);
  const found = await versionOf(data);
  for (const directory of [folder, cluster.run, cluster.log, ...(found ? [data] : [])]) {
    chmodSync(directory, 0o700);
  }
  if (found === undefined) await createCluster(folder, cluster);
  else if (found !== binaries.major) {
    throw new Error(
      `${data} was made by Postgres ${found}, and this Slipway brings Postgres ${binaries.major}, ` +
        `which cannot read it: start the Slipway that made it`,
    );
  }
  return cluster;
}

async function versionOf(data: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(join(data, 'PG_VERSION'), 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The rename makes it whole or absent, whatever is killed meanwhile. */
async function createCluster(folder: string, cluster: PostgresCluster): Promise<void> {
  const { account, binaries, data } = cluster;
  const fresh = join(folder, `cluster.${randomUUID()}.new`);
  const { file, args, as } = commandAs(
    account,
    join(binaries.directory, 'bin', 'initdb'),
    [
      `--pgdata=${fresh}`,
      `--username=${SUPERUSER}`,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ],
    [folder],
  );
  const initdb = spawn(file, args, {
    ...as,
    cwd: folder,
    env: POSTGRES_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [complaint, code] = await Promise.all([
    text(initdb.stderr),
    new Promise<number | null>((resolve, reject) => {
      initdb.once('error', reject);
      initdb.once('close', resolve);
    }),
  ]);
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw new Error(`Postgres could not make a cluster in ${folder}: ${complaint.trim()}`);
  }
  await rename(fresh, data);
  const directory = await open(folder);
  await directory.sync().finally(() => directory.close());
}

/** An initdb that outlived its server may still be writing there; what it leaves, the next start removes. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.allSettled(
    names
      .filter((name) => /^cluster\..*\.new$/.test(name))
      .map((name) => rm(join(folder, name), { recursive: true, force: true })),
  );
}

/** Postgres insists on owning what it works in, and root may have made or copied it. */
async function handOver(folder: string, { uid, gid }: PostgresAccount): Promise<void> {
  const all = (await lstat(folder)).uid !== uid;
  for (const entry of await readdir(folder, { recursive: all })) {
    lchownSync(join(folder, entry), uid, gid);
  }
  lchownSync(folder, uid, gid);
}
