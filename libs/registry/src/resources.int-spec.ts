import { named } from '@slipway/metadata/testing';
import { Resources } from './resources.ts';
import { type Replica, TestRegistry } from './testing/test-registry.ts';

let registry: TestRegistry;
let replica: Replica;
let resources: Resources;
beforeEach(async () => {
  registry = await TestRegistry.open();
  replica = await registry.replica();
  resources = new Resources(replica.metadata);
  await replica.metadata.tables.accounts.insert({
    username: 'ada',
    passwordHash: '$argon2id$a',
    administrator: false,
  });
});
afterEach(async () => registry.close());

const rename = async (from: string, to: string): Promise<boolean> =>
  replica.metadata.transaction(async ({ namespaces }) => {
    const namespace = await namespaces.find(from);
    return namespaces.rename(namespace?.id ?? 0, from, to);
  });

test('a repository that nobody knows is private, and a push may make it', async () => {
  expect(await resources.repository(named('ada/tool'), 'push')).toEqual({
    kind: 'repository',
    name: 'ada/tool',
    public: false,
    pushable: true,
  });
});

describe('a namespace that was renamed', () => {
  beforeEach(async () => {
    await replica.metadata.tables.repositories.ensure(named('ada/tool'));
    await replica.metadata.tables.repositories.ensure(named('ada0/tool'));
    await replica.metadata.tables.repositories.ensure(named('adam/tool'));
    expect(await rename('ada', 'lovelace')).toBe(true);
    replica.metadata.access.changed();
  });

  test('takes its repositories along, and no others', async () => {
    const { repositories } = replica.metadata.tables;
    expect(await repositories.list('', 10, { patterns: undefined, within: undefined })).toEqual([
      'ada0/tool',
      'adam/tool',
      'lovelace/tool',
    ]);
  });

  test('is found by pulls under its former name, and not by pushes', async () => {
    expect(await resources.repository(named('ada/tool'), 'pull')).toMatchObject({
      name: 'lovelace/tool',
      alias: 'ada/tool',
    });
    expect(await resources.repository(named('ada/tool'), 'push')).not.toHaveProperty('alias');
    expect(await resources.repository(named('lovelace/tool'), 'pull')).not.toHaveProperty('alias');
  });

  test('gives its former name up to who takes it', async () => {
    await replica.metadata.tables.accounts.insert({
      username: 'ada',
      passwordHash: '$argon2id$b',
      administrator: false,
    });
    replica.metadata.access.changed();

    expect(await resources.repository(named('ada/tool'), 'pull')).toMatchObject({
      name: 'ada/tool',
    });
  });

  test('may go back, and may not take a name that is taken', async () => {
    expect(await rename('lovelace', 'ada')).toBe(true);
    replica.metadata.access.changed();
    expect(await resources.repository(named('lovelace/tool'), 'pull')).toMatchObject({
      name: 'ada/tool',
    });
    await replica.metadata.tables.accounts.insert({
      username: 'grace',
      passwordHash: '$argon2id$c',
      administrator: false,
    });
    expect(await rename('ada', 'grace')).toBe(false);
    expect(await replica.metadata.tables.repositories.find(named('ada/tool'))).toBeDefined();
  });
});

test('a former name that would be too long with the new one is answered as one that is not there', async () => {
  const long = `ada/${'a'.repeat(251)}`;
  await rename('ada', 'lovelace');
  replica.metadata.access.changed();

  expect(await resources.repository(named(long), 'pull')).toMatchObject({
    name: long,
    public: false,
  });
});
