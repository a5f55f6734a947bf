import { randomUUID } from 'node:crypto';
import { named } from '@slipway/metadata/testing';
import type { RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import { Images } from './images.ts';
import { RepositoryLabels } from './repository-labels.ts';
import { anImage, anIndex, descriptorOf, descriptorOfManifest } from './testing/documents.ts';
import { type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

let registry: TestRegistry;
let one: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica({ sparse: 'index' });
});
afterAll(async () => registry.close());

const aRepository = () => named(`labels/${randomUUID()}`);
const newLabels = () =>
  new RepositoryLabels(one.metadata, new Images(one.metadata, one.manifests, one.blobs));
const { signal } = new AbortController();

async function push(
  repository: RepositoryName,
  tag: string,
  labels: Readonly<Record<string, string>>,
) {
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  await one.pushBlob(repository, config);
  const image = anImage([], {
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
  });
  await one.pushManifest(repository, image, { reference: tagged(tag) });
  return image;
}

const find = async (text: string) => {
  const wanted = { by: 'name', after: undefined, limit: 100 } as const;
  const found = await one.repositories.browse({ ...ANONYMOUS, administrator: true }, wanted, {
    text,
  });
  return found.repositories;
};

test('a repository is found by a label of the image that was tagged last, and no longer by an older one', async () => {
  const repository = aRepository();
  const labels = newLabels();
  await push(repository, 'v1', { Team: 'Red_Foxes', other: 'x' });
  expect(await find('red_fox')).toEqual([]);
  await labels.learn(signal);
  expect(await find('team=red_FOX')).toMatchObject([
    { name: repository, labels: ['Team=Red_Foxes', 'other=x'] },
  ]);
  expect(await find('red%fox')).toEqual([]);

  await push(repository, 'v2', { team: 'blue whales' });
  await labels.learn(signal);
  expect(await find('red_fox')).toEqual([]);
  expect(await find('blue whales')).toMatchObject([{ name: repository }]);
});

test('what was learnt once is not looked at again', async () => {
  const labels = newLabels();
  await push(aRepository(), 'v1', { a: 'b' });
  expect(await labels.learn(signal)).toBeGreaterThan(0);
  expect(await labels.learn(signal)).toBe(0);
  expect(await newLabels().learn(signal)).toBe(0);
});

test('many repositories are learnt in one go, those of before the start too', async () => {
  const repositories = Array.from({ length: 60 }, aRepository);
  for (const repository of repositories) await push(repository, 'v1', { many: 'of them' });
  expect(await newLabels().learn(signal)).toBe(60);
  expect(await find('many=of')).toHaveLength(60);
});

test('of an index, those of the image that most people get; of what is no image, none', async () => {
  const labels = newLabels();
  const [index, chart, broken] = [aRepository(), aRepository(), aRepository()];
  const image = await push(index, 'amd64', { from: 'the index' });
  const child = {
    ...descriptorOfManifest(image),
    platform: { os: 'linux', architecture: 'amd64' },
  };
  await one.pushManifest(index, anIndex([child]), { reference: tagged('all') });
  const json = Buffer.from('{"labels":');
  for (const [repository, type] of [
    [chart, 'application/vnd.cncf.helm.config.v1+json'],
    [broken, 'application/vnd.oci.image.config.v1+json'],
  ] as const) {
    await one.pushBlob(repository, json);
    const config = descriptorOf(json, type);
    await one.pushManifest(repository, anImage([], { config }), { reference: tagged('v1') });
  }
  expect(await labels.learn(signal)).toBe(3);
  expect(await find('from=the index')).toMatchObject([{ name: index }]);
  expect(await newLabels().learn(signal)).toBe(0);
});

test('labels that nobody could read on a page are left out', async () => {
  const repository = aRepository();
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [`l${n}`, n === 0 ? 'x'.repeat(600) : 'some']),
  );
  await push(repository, 'v1', { ...many, nul: 'a\0b' });
  await newLabels().learn(signal);
  const [found] = await find('l1=some');
  expect(found?.labels).toHaveLength(64);
  expect(found?.labels[0]).toBe('l1=some');
});

test('a repository that is damaged keeps no other from being learnt', async () => {
  const [damaged, sound] = [aRepository(), aRepository()];
  await push(damaged, 'v1', { of: 'the damaged one' });
  await registry.database.run(
    `update manifests set content = '{}', size = 2
      where repository_id = (select id from repositories where name = $1)`,
    [damaged],
  );
  await push(sound, 'v1', { of: 'the sound one' });
  await expect(newLabels().learn(signal)).rejects.toThrow('was stored and is refused');
  expect(await find('of=the sound one')).toMatchObject([{ name: sound }]);
});
