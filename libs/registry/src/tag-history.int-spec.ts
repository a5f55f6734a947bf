import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { aTag, named } from '@slipway/metadata/testing';
import { type Digest, digestOf, type RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import type { By } from './audit-event.ts';
import type { RegistryError } from './errors.ts';
import { anIndex } from './testing/documents.ts';
import { AT_ONCE, byDigest, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const LATEST = aTag('latest');
const ADA = by('ada');
const BOB = by('bob');

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
  other = await registry.replica();
});
afterAll(async () => registry.close());

function by(name: string): By {
  const asking = { address: '192.0.2.7', client: 'docker/28', requestId: 'r' };
  return { identity: { ...ANONYMOUS, kind: 'account', name }, asking };
}

const refusal = (reason: RegistryError['reason']) =>
  expect.objectContaining({ name: 'RegistryError', reason }) as RegistryError;

const aRepository = () => named(`history/${randomUUID()}`);

/** Another manifest each time, under these tags. */
async function push(
  replica: Replica,
  repository: RepositoryName,
  tag: string,
  who: By,
  tags: readonly string[] = [],
): Promise<Digest> {
  const bytes = Buffer.from(JSON.stringify(anIndex([], { annotations: { id: randomUUID() } })));
  const pushed = await replica.manifests.put(
    {
      repository,
      reference: tagged(tag),
      tags: tags.map(aTag),
      bytes,
      contentType: '',
      expected: undefined,
    },
    who,
  );
  return pushed.digest;
}

const moves = async (repository: RepositoryName, tag = 'latest') =>
  (await one.tagHistory.moves(repository, aTag(tag), undefined, 100)).map(
    ({ from, to, action, actor }) => ({ from, to, action, actor }),
  );
const tags = async (repository: RepositoryName, at?: Date) =>
  Object.fromEntries(
    (await one.listTags(repository, { at })).tags.map(({ name, digest }) => [name, digest]),
  );

describe('every move of a tag is written down', () => {
  test('with where it was, where it is, and who did it', async () => {
    const repository = aRepository();
    const first = await push(one, repository, 'latest', ADA);
    const second = await push(other, repository, 'latest', BOB);
    await one.manifests.delete(repository, tagged('latest'), ADA);

    expect(await moves(repository)).toEqual([
      { from: second, to: undefined, action: 'tag.delete', actor: 'ada' },
      { from: first, to: second, action: 'manifest.push', actor: 'bob' },
      { from: undefined, to: first, action: 'manifest.push', actor: 'ada' },
    ]);
    const [newest] = await one.tagHistory.moves(repository, LATEST, undefined, 1);
    expect(newest).toMatchObject({
      tag: 'latest',
      actorKind: 'account',
      address: '192.0.2.7',
      client: 'docker/28',
      at: expect.any(Date) as Date,
    });
    const older = await one.tagHistory.moves(repository, LATEST, newest?.id, 100);
    expect(older.map(({ to }) => to)).toEqual([second, first]);
  });

  test('of each tag that one push sets, and of those that go with a manifest', async () => {
    const repository = aRepository();
    const digest = await push(one, repository, 'v1.0', ADA, ['v1', 'latest']);
    await one.manifests.delete(repository, byDigest(digest), BOB);

    for (const tag of ['v1.0', 'v1', 'latest']) {
      expect(await moves(repository, tag)).toEqual([
        { from: digest, to: undefined, action: 'manifest.delete', actor: 'bob' },
        { from: undefined, to: digest, action: 'manifest.push', actor: 'ada' },
      ]);
    }
  });

  test('with how big it was, as long as that is there', async () => {
    const repository = aRepository();
    await push(one, repository, 'latest', ADA);
    const second = await push(one, repository, 'latest', ADA);
    const sizes = async () =>
      (await one.tagHistory.moves(repository, LATEST, undefined, 100)).map(({ bytes }) => bytes);
    const whole = await sizes();
    expect(whole).toEqual([expect.any(Number), expect.any(Number)]);
    await one.manifests.delete(repository, byDigest(second), ADA);
    expect(await sizes()).toEqual([undefined, undefined, whole[1]]);
  });

  test('when a swap moves it, and not when a push leaves it where it is', async () => {
    const repository = aRepository();
    const digest = await push(one, repository, 'latest', ADA);
    const content = (await one.manifests.get(repository, tagged('latest'))).content;
    const again = { repository, reference: tagged('latest'), bytes: content, contentType: '' };
    await one.manifests.put({ ...again, tags: [], expected: undefined }, BOB);
    await one.manifests.put({ ...again, tags: [aTag('swapped')], expected: digest }, BOB);

    expect(await moves(repository)).toHaveLength(1);
    expect(await moves(repository, 'swapped')).toEqual([
      { from: undefined, to: digest, action: 'manifest.push', actor: 'bob' },
    ]);
  });

  test('when somebody moves it at the prompt of the database', async () => {
    const repository = aRepository();
    await push(one, repository, 'latest', ADA);
    await registry.database.run(
      'delete from tags where repository_id = (select id from repositories where name = $1)',
      [repository],
    );

    expect((await moves(repository))[0]).toMatchObject({ to: undefined, action: '', actor: '' });
  });

  test('in an order that many pushes at once cannot break', async () => {
    const repository = aRepository();
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => push(n % 2 ? one : other, repository, 'latest', ADA)),
    );

    const newestFirst = await moves(repository);
    expect(newestFirst).toHaveLength(40);
    for (const [at, { from }] of newestFirst.entries()) {
      expect(from).toBe(newestFirst[at + 1]?.to);
    }
    expect(await tags(repository)).toEqual({ latest: newestFirst[0]?.to });
  });

  test('and the database takes none back', async () => {
    const repository = aRepository();
    await push(one, repository, 'latest', ADA);
    await one.ledger.seal();

    for (const change of [
      'delete from tag_moves',
      "update tag_moves set actor = 'nobody'",
      'update tag_moves set position = position + 1',
      'truncate tag_moves',
    ]) {
      await expect(registry.database.run(change)).rejects.toThrow('is append-only');
    }
  });
});

describe('tags as they were', () => {
  test('at a time: what was moved since is back, what was made since is not there, what was deleted is', async () => {
    const repository = aRepository();
    const moved = await push(one, repository, 'moved', ADA);
    const deleted = await push(one, repository, 'deleted', ADA);
    const kept = await push(one, repository, 'kept', ADA);
    const [last] = await one.tagHistory.moves(repository, aTag('kept'), undefined, 1);
    const then = new Date((last?.at.getTime() ?? 0) + 1);
    while (Date.now() <= then.getTime()) await sleep(1);
    const movedTo = await push(one, repository, 'moved', ADA);
    await one.manifests.delete(repository, tagged('deleted'), ADA);
    const made = await push(one, repository, 'made', ADA);
    expect(await tags(repository)).toEqual({ kept, made, moved: movedTo });
    expect(await tags(repository, then)).toEqual({ deleted, kept, moved });
    expect(await tags(repository, new Date(0))).toEqual({});
  });

  test('page by page', async () => {
    const repository = aRepository();
    for (const tag of ['a', 'b', 'c', 'd']) await push(one, repository, tag, ADA);
    await one.manifests.delete(repository, tagged('b'), ADA);

    for (const at of [undefined, new Date(Date.now() + 60_000)]) {
      const page = (after?: string) => one.listTags(repository, { at, after, limit: 2 });
      expect(await page()).toMatchObject({ tags: [{ name: 'a' }, { name: 'c' }], next: 'c' });
      expect(await page('c')).toMatchObject({ tags: [{ name: 'd' }], next: undefined });
    }
  });
});

describe('a tag is brought back', () => {
  test('to where it was before its last move, and the same once more takes that back', async () => {
    const repository = aRepository();
    const good = await push(one, repository, 'latest', ADA);
    const bad = await push(one, repository, 'latest', BOB);

    expect(await one.tagHistory.restore(repository, LATEST, undefined, ADA)).toEqual({
      tag: 'latest',
      digest: good,
      before: bad,
    });
    expect(await tags(repository)).toEqual({ latest: good });
    expect((await moves(repository))[0]).toEqual({
      from: bad,
      to: good,
      action: 'tag.restore',
      actor: 'ada',
    });
    await one.tagHistory.restore(repository, LATEST, undefined, ADA);
    expect(await tags(repository)).toEqual({ latest: bad });
  });

  test('to any digest that it pointed at, and after it was deleted', async () => {
    const repository = aRepository();
    const first = await push(one, repository, 'latest', ADA);
    await push(one, repository, 'latest', ADA);
    const third = await push(one, repository, 'latest', ADA);
    await one.manifests.delete(repository, tagged('latest'), ADA);

    await one.tagHistory.restore(repository, LATEST, undefined, ADA);
    expect(await tags(repository)).toEqual({ latest: third });
    await one.tagHistory.restore(repository, LATEST, first, ADA);
    expect(await tags(repository)).toEqual({ latest: first });
  });

  test('but not to what it never was, nor to a manifest that is gone', async () => {
    const repository = aRepository();
    const elsewhere = await push(one, repository, 'elsewhere', ADA);
    const gone = await push(one, repository, 'latest', ADA);
    await push(one, repository, 'latest', ADA);
    const forGood = await registry.replica({ times: AT_ONCE });
    await forGood.manifests.delete(repository, byDigest(gone), ADA);
    const restore = (tag: string, digest?: Digest) =>
      one.tagHistory.restore(repository, aTag(tag), digest, ADA);

    await expect(restore('latest', elsewhere)).rejects.toThrow(refusal('history-unknown'));
    await expect(restore('latest', digestOf('sha256', 'a'.repeat(64)))).rejects.toThrow(
      refusal('history-unknown'),
    );
    await expect(restore('latest', gone)).rejects.toThrow(refusal('manifest-unknown'));
    await expect(restore('elsewhere')).rejects.toThrow('never pointed at another');
    await expect(restore('never')).rejects.toThrow(`${repository} never had a tag never`);
    await expect(one.tagHistory.restore(aRepository(), LATEST, undefined, ADA)).rejects.toThrow(
      refusal('repository-unknown'),
    );
  });

  test('by many at once, and ends where the last of them brought it', async () => {
    const repository = aRepository();
    const digests = [];
    for (let n = 0; n < 5; n++) digests.push(await push(one, repository, 'latest', ADA));

    await Promise.all(
      digests.map((digest, n) =>
        (n % 2 ? one : other).tagHistory.restore(repository, LATEST, digest, ADA),
      ),
    );

    const [newest] = await moves(repository);
    expect(await tags(repository)).toEqual({ latest: newest?.to });
  });
});
