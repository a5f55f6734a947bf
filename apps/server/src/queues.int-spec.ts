import { randomUUID } from 'node:crypto';
import { Registry } from '@prometheus-io/client';
import { Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ANONYMOUS, AuditLog } from '@slipway/registry';
import { showQueues } from './queues.ts';

let database: TestDatabase;
let metadata: Metadata;
let audit: AuditLog;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection, { maxConnections: 4 });
  audit = new AuditLog(metadata, Date.now, () => undefined);
});
afterEach(async () => database.drop());

function shown(): () => Promise<string> {
  const registry = new Registry();
  showQueues(registry, { metadata, audit }, 4);
  return () => registry.metrics();
}

const refuse = () => {
  audit.refused(
    { identity: ANONYMOUS, asking: { address: '192.0.2.1', client: '', requestId: 'r' } },
    { action: 'manifest.push', resource: 'acme/web', namespace: 'acme' },
  );
};

test('what waits is counted, and counted again only after a while', async () => {
  await metadata.tables.uploads.insert(randomUUID(), named('demo'), randomUUID(), undefined);
  await metadata.tables.deletions.add([randomUUID(), randomUUID()], 0);
  await metadata.tables.deletions.add([randomUUID()], 3600);
  refuse();
  const metrics = shown();
  const text = await metrics();
  const lines = ['uploads 1', 'webhooks 0', 'blobs 0', 'files 2'].map((line) => {
    const [queue, length] = line.split(' ');
    return `slipway_queue_length{queue="${queue ?? ''}"} ${length ?? ''}`;
  });
  expect(text.split('\n').filter((line) => line.startsWith('slipway_queue_length'))).toEqual(lines);
  expect(text).toContain('slipway_audit_events_held 1\n');
  expect(text).toContain('slipway_database_pool_limit 4\n');
  expect(text).toContain('slipway_database_pool_waiting 0\n');

  await metadata.tables.deletions.add([randomUUID()], 0);
  expect(await metrics()).toContain('slipway_queue_length{queue="files"} 2\n');
  expect(await shown()()).toContain('slipway_queue_length{queue="files"} 3\n');
  await audit.close();
  expect(await metrics()).toContain('slipway_audit_events_held 0\n');
  await metadata.close();
});

test('a database that does not answer takes away what it would count, and nothing else', async () => {
  await metadata.close();
  const text = await shown()();
  expect(text).not.toContain('slipway_queue_length{');
  expect(text).toContain('slipway_database_pool_waiting 0\n');
});
