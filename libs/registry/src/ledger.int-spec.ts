import { randomUUID } from 'node:crypto';
import { named } from '@slipway/metadata/testing';
import type { RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import type { By } from './audit-event.ts';
import { anIndex } from './testing/documents.ts';
import { type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
  other = await registry.replica();
});
afterEach(async () => registry.close());

const DEMO = named('demo');
const BY: By = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '192.0.2.7', client: 'docker/28', requestId: 'r' },
};

const push = async (replica: Replica, repository: RepositoryName, tag: string) =>
  replica.pushManifest(repository, anIndex([], { annotations: { id: randomUUID() } }), {
    reference: tagged(tag),
  });

const verified = async () => one.ledger.verify(0, 100);

/** What no trigger of ours would let anybody do. */
const tamper = (statement: string) =>
  registry.database.run(`
    alter table tag_moves disable trigger user;
    alter table tags disable trigger user;
    ${statement};
    alter table tags enable trigger user;
    alter table tag_moves enable trigger user;`);

test('all that is committed gets its place, once, whoever seals', async () => {
  for (const tag of ['a', 'b', 'a']) await push(one, DEMO, tag);
  await push(one, named('other'), 'a');

  const sealed = await Promise.all([one.ledger.seal(), other.ledger.seal(), one.ledger.seal()]);

  expect(sealed.reduce((sum, count) => sum + count)).toBe(4);
  expect(await one.ledger.seal()).toBe(0);
  expect(await verified()).toMatchObject([
    { repository: 'demo', entries: 3, fault: undefined },
    { repository: 'other', entries: 1, fault: undefined },
  ]);
});

test('the chain goes on where it ended, and its end changes with every move', async () => {
  await push(one, DEMO, 'a');
  await one.ledger.seal();
  const [before] = await verified();
  await push(one, DEMO, 'a');
  await other.ledger.seal();

  const [after] = await verified();

  expect(after).toMatchObject({ entries: 2, fault: undefined });
  expect(after?.head).toMatch(/^[0-9a-f]{64}$/);
  expect(after?.head).not.toBe(before?.head);
});

test('what is pushed while others seal is sealed in the end', async () => {
  const pushing = Promise.all(
    Array.from({ length: 60 }, (_, n) => push(n % 2 ? one : other, DEMO, `t${n % 3}`)),
  );
  const sealing = Promise.all([one, other].map(async ({ ledger }) => ledger.seal()));
  await Promise.all([pushing, sealing]);
  await one.ledger.seal();

  expect(await verified()).toMatchObject([{ entries: 60, fault: undefined }]);
});

test('a repository that is gone keeps its history', async () => {
  await push(one, DEMO, 'a');
  await one.ledger.seal();
  await one.repositories.delete(DEMO);
  await one.ledger.seal();
  expect(await verified()).toMatchObject([{ repository: 'demo', entries: 1, fault: undefined }]);

  const [deletion] = await one.trash.list({ orphans: false }, undefined, 1);
  await one.trash.purge({ repository: DEMO, id: deletion?.id ?? 0, orphans: false }, BY);
  await one.ledger.seal();
  expect(await verified()).toMatchObject([{ repository: 'demo', entries: 2, fault: undefined }]);
});

test('more than fits into one go', async () => {
  const repository = await one.metadata.tables.repositories.ensure(DEMO);
  await registry.database.run(
    `insert into tag_moves (repository_id, tag, from_digest, to_digest, action, actor, actor_kind,
       credential, address, client)
     select $1, 't' || n, null, null, '', '', '', '', '', '' from generate_series(1, 2500) as n`,
    [repository],
  );

  expect(await one.ledger.seal()).toBe(2500);

  expect(await verified()).toMatchObject([{ entries: 2500, fault: undefined }]);
});

describe('what somebody changes behind the triggers is found', () => {
  beforeEach(async () => {
    for (const tag of ['a', 'b', 'a']) await push(one, DEMO, tag);
    await one.ledger.seal();
  });

  test.each([
    ["update tag_moves set actor = 'eve' where position = 2", 'entry 2, a move of b, is not'],
    ["update tag_moves set at = at - interval '1 microsecond' where position = 1", 'entry 1,'],
    ['delete from tag_moves where position = 2', 'entry 2 is missing'],
    ['delete from tag_moves where position = 3', 'entry 3 is missing'],
    [
      `delete from tag_moves where position = 3;
       update tag_ledgers set position = 2`,
      'ends with another hash',
    ],
    ["delete from tags where name = 'b'", 'the tag b is not where its last move has brought it'],
    [
      `update tags set digest = (select digest from tags where name = 'a') where name = 'b'`,
      'the tag b is not',
    ],
  ])('%s', async (statement, fault) => {
    await tamper(statement);

    const [ledger] = await verified();

    expect(ledger?.fault).toContain(fault);
  });
});
