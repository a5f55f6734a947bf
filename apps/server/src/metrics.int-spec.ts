import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Around } from '@slipway/metadata';
import { pino } from 'pino';
import { startLedgerJob } from './jobs/ledger.job.ts';
import { Metrics } from './metrics.ts';
import { measuring } from './observer.ts';
import { TestApp } from './testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => app.stop());

const scraped = async () => (await app.fetch('/metrics', '')).text();

test('docs/operate.md names every metric of ours, and none that is not there', async () => {
  const exposed = [...(await scraped()).matchAll(/^# TYPE (slipway_\S+) (\w+)$/gm)];
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/operate.md'), 'utf8');
  const told = [...docs.matchAll(/^\| `(slipway_[a-z_]+)` +\| (\w+) /gm)];
  const pairs = (found: readonly RegExpExecArray[]) =>
    found.map(([, name = '', type = '']) => `${name} ${type}`).sort();
  expect(exposed.length).toBeGreaterThan(15);
  expect(pairs(told)).toEqual(pairs(exposed));
});

test('a push and a pull show in the metrics, and no name does', async () => {
  const blob = Buffer.from('the bytes of a layer');
  const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
  const uploads = '/v2/admin/hidden/blobs/uploads/';
  const pushed = await app.fetch(`${uploads}?digest=${digest}`, 'admin', {
    ...{ method: 'POST', body: blob, headers: { 'content-type': 'application/octet-stream' } },
  });
  expect(pushed.status).toBe(201);
  expect(await (await app.fetch(`/v2/admin/hidden/blobs/${digest}`, 'admin')).text()).toBe(
    'the bytes of a layer',
  );

  const text = await scraped();
  const value = (series: string) => Number(text.split(`\n${series} `)[1]?.split('\n')[0]);
  const storage = (name: string, operation: string) =>
    value(`slipway_storage_${name}_count{store="memory",operation="${operation}"}`);
  expect(storage('operation_duration_seconds', 'append')).toBe(1);
  expect(storage('operation_duration_seconds', 'commit')).toBeGreaterThan(0);
  expect(storage('operation_duration_seconds', 'send')).toBe(1);
  expect(storage('first_byte_seconds', 'send')).toBe(1);
  expect(value('slipway_database_query_duration_seconds_count{table="uploads"}')).toBeGreaterThan(
    1,
  );
  expect(value('slipway_database_errors_total{class="unavailable"}')).toBe(0);
  expect(value('slipway_database_connection_wait_seconds_count')).toBeGreaterThan(1);
  expect(value('slipway_database_pool_connections{state="busy"}')).toBeGreaterThan(0);
  expect(value('slipway_database_pool_limit')).toBe(20);
  expect(text).toMatch(/^slipway_build_info\{version="\S+",node="24\.\S+"\} 1$/m);
  expect(text).not.toContain('hidden');
});

test('a round of a job is counted by how it ended', async () => {
  const metrics = new Metrics();
  const { job } = measuring(metrics, 'memory');
  const ended = async (around: Around, fails: boolean) => {
    const round = Promise.withResolvers<undefined>();
    const ledger = {
      seal: async () => {
        round.resolve(undefined);
        if (fails) throw new Error('it failed');
      },
    };
    const running = startLedgerJob(
      { ledger: ledger as never, around, log: pino({ level: 'silent' }) },
      1,
    );
    await round.promise;
    await running.stop();
  };
  await ended(job, false);
  expect(await metrics.registry.metrics()).toContain(
    'slipway_job_duration_seconds_count{name="ledger",outcome="failed"} 0\n',
  );
  await ended(job, true);
  const text = await metrics.registry.metrics();
  for (const outcome of ['done', 'failed']) {
    expect(text).toMatch(
      new RegExp(
        `^slipway_job_duration_seconds_count{name="ledger",outcome="${outcome}"} [1-9]`,
        'm',
      ),
    );
    const last = new RegExp(
      `^slipway_job_last_run_timestamp_seconds{name="ledger",outcome="${outcome}"} (\\S+)$`,
      'm',
    ).exec(text)?.[1];
    expect(Math.abs(Number(last) - Date.now() / 1000)).toBeLessThan(60);
  }
});
