import { MetadataUnavailableError } from '@slipway/metadata';
import { named } from '@slipway/metadata/testing';
import { digestOf } from '@slipway/oci';
import { Pulls } from './pulls.ts';
import { anIndex } from './testing/documents.ts';
import { type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const DEMO = named('demo');

let registry: TestRegistry;
let one: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
});
afterEach(async () => registry.close());

const push = (tag: string) =>
  one.pushManifest(DEMO, anIndex([], { annotations: { tag } }), { reference: tagged(tag) });

const counted = async () =>
  (await one.listTags(DEMO)).tags.map(({ name, pulls, lastPulledAt }) => [
    name,
    pulls,
    lastPulledAt?.toISOString(),
  ]);

test('replicas add up what they count, and the last time is the last of all', async () => {
  const digest = await push('v1');
  await push('v2');
  const [early, late] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)].map(
    (now) => new Pulls(one.metadata, () => now),
  );
  for (let n = 0; n < 3; n++) early?.note(DEMO, digest);
  late?.note(DEMO, digest);

  await Promise.all([late?.write(), early?.write()]);
  await early?.write();

  expect(await counted()).toEqual([
    ['v1', 4, '2026-01-02T00:00:00.000Z'],
    ['v2', 0, undefined],
  ]);
});

test('of what is gone nothing is written, and the rest is', async () => {
  const digest = await push('v1');
  const pulls = new Pulls(one.metadata, () => 0);
  pulls.note(DEMO, digestOf('sha256', 'a'.repeat(64)));
  pulls.note(named('nobody/knows'), digest);
  pulls.note(DEMO, digest);

  await pulls.write();

  expect(await counted()).toEqual([['v1', 1, '1970-01-01T00:00:00.000Z']]);
});

test('what could not be written is written the next time, with what was pulled since', async () => {
  const digest = await push('v1');
  let broken = true;
  const metadata = {
    transaction: async (work: Parameters<typeof one.metadata.transaction>[0]) => {
      if (broken) throw new MetadataUnavailableError('gone');
      return one.metadata.transaction(work);
    },
  };
  const pulls = new Pulls(metadata as unknown as typeof one.metadata, () => 0);
  pulls.note(DEMO, digest);
  await expect(pulls.write()).rejects.toThrow(MetadataUnavailableError);
  pulls.note(DEMO, digest);
  broken = false;

  await pulls.write();

  expect(await counted()).toEqual([['v1', 2, '1970-01-01T00:00:00.000Z']]);
});
