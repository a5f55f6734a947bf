import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { SocketConnection } from '../connection.ts';
import { SUPERUSER } from '../postgres-cluster.ts';

const START_LIMIT = 30_000;

/**
 * The one Postgres of this test run, for all its workers: started by whoever needs it first, and gone soon
 * after the run has ended, however that ends. It does not survive a loss of power, and is fast.
 */
export async function testCluster(): Promise<SocketConnection> {
  const testRun = process.send ? process.ppid : process.pid;
  const folder = join(tmpdir(), `slipway-postgres-${testRun}-${startTime(testRun)}`);
  const connection = {
    socketDirectory: join(folder, 'run'),
    user: SUPERUSER,
    database: 'postgres',
  };
  if (await answers(connection)) return connection;
  const output = hold(folder, testRun);
  const begun = Date.now();
  while (!(await answers(connection))) {
    if (Date.now() - begun > START_LIMIT) {
      throw new Error(`the Postgres for the tests did not start: ${readFileSync(output, 'utf8')}`);
    }
    await sleep(50);
  }
  return connection;
}

function hold(folder: string, testRun: number): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `holder-${process.pid}.log`);
  const output = openSync(path, 'w');
  const program = `./test-cluster-holder${extname(import.meta.url)}`;
  spawn(
    process.execPath,
    [fileURLToPath(new URL(program, import.meta.url)), folder, String(testRun)],
    { detached: true, stdio: ['ignore', output, output] },
  ).unref();
  closeSync(output);
  return path;
}

async function answers({ socketDirectory, user, database }: SocketConnection): Promise<boolean> {
  const client = new pg.Client({ host: socketDirectory, user, database });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** With it, a pid names one process since the machine was started. */
function startTime(pid: number): string {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields[19] ?? '';
}
