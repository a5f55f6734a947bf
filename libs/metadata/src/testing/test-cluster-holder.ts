import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgres } from '../embedded-postgres.ts';
import { argumentsOf } from '../postmaster-file.ts';

/**
 * A program: runs the Postgres of a test run, in the folder given first, for as long as the process given
 * second lives, and leaves nothing behind. Of several started for one folder, the first stays.
 */
const [folder = '', testRun = ''] = process.argv.slice(2);

const postgres = await EmbeddedPostgres.start(folder, {
  settings: {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    shared_buffers: '64MB',
  },
});
while (argumentsOf(Number(testRun)) !== undefined) await sleep(250);
await postgres.stop();
await rm(folder, { recursive: true, force: true });
