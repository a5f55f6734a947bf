import { randomBytes } from 'node:crypto';
import { aTag, named } from '@slipway/metadata/testing';
import type { Digest, RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import type { By } from './audit-event.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { RegistryError } from './errors.ts';
import { anImage, anIndex, CONFIG, descriptorOf } from './testing/documents.ts';
import { AT_ONCE, byDigest, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const WEEK = 7 * 86_400;
const WEB = named('acme/web');
const ADA: By = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '192.0.2.7', client: 'docker/28', requestId: 'r' },
};

let registry: TestRegistry;
let one: Replica;
let hasty: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  // Garbage goes at once; what is in the trash stays.
  one = await registry.replica({ times: { ...AT_ONCE, trashDelay: WEEK } });
  hasty = await registry.replica({ times: AT_ONCE });
  await one.metadata.tables.namespaces.insertOrganisation({
    ...{ name: 'acme', displayName: undefined, createOnPush: true },
  });
});
afterEach(async () => registry.close());

const refusal = (reason: RegistryError['reason']) =>
  expect.objectContaining({ name: 'RegistryError', reason }) as RegistryError;

const collect = async () =>
  collectGarbage(one.metadata, registry.store, AT_ONCE, new AbortController().signal);

const blobs = async () => {
  const [row] = await registry.database.query<{ n: number }>(
    'select ((select count(*) from blobs) + (select count(*) from deletions))::integer as n',
  );
  return row?.n;
};

const list = async (repository: RepositoryName = WEB, orphans = false) =>
  one.trash.list({ repository, orphans }, undefined, 100);

const newest = async (repository: RepositoryName = WEB, orphans = false) => {
  const [deletion] = await list(repository, orphans);
  return { repository, id: deletion?.id ?? 0, orphans };
};

const tagsOf = async (repository: RepositoryName) =>
  (await one.repositories.tags(repository, '', 100)).names;

/** An image under tags; its layer is the only one of its kind. */
async function push(
  repository: RepositoryName,
  tags: readonly string[] = [],
  layer = randomBytes(1000),
): Promise<{ readonly digest: Digest; readonly layer: Digest }> {
  await one.pushBlob(repository, CONFIG);
  const pushed = await one.pushBlob(repository, layer);
  const digest = await one.pushManifest(repository, anImage([layer]), { tags: tags.map(aTag) });
  return { digest, layer: pushed };
}

const pullable = async (repository: RepositoryName, digest: Digest) =>
  one.blobs.stat(repository, digest).then(
    () => true,
    () => false,
  );

/** Everything that is there, for equality. */
async function contents(repository: RepositoryName) {
  const { tags } = await one.listTags(repository);
  const manifests = await registry.database.query<{ digest: string }>(
    `select m.digest, m.subject, m.media_type, m.pushed_at, array(
        select r.digest from manifest_references r
        where r.repository_id = m.repository_id and r.manifest_digest = m.digest order by 1) as points_at
      from manifests m join repositories r on r.id = m.repository_id
      where r.name = '${repository}' order by m.digest`,
  );
  return { tags: tags.map(({ name, digest }) => ({ name, digest })), manifests };
}

describe('a manifest that was deleted', () => {
  test('is gone for everybody, and its bytes are kept', async () => {
    const { digest, layer } = await push(WEB, ['1.0', 'latest']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    await collect();

    await expect(one.manifests.get(WEB, byDigest(digest))).rejects.toThrow(
      refusal('manifest-unknown'),
    );
    expect(await tagsOf(WEB)).toEqual([]);
    expect(await pullable(WEB, layer)).toBe(false);
    expect(await list()).toMatchObject([
      {
        kind: 'manifests',
        repository: WEB,
        action: 'manifest.delete',
        actor: 'ada',
        manifests: 1,
        tags: 2,
        bytes: 1000 + CONFIG.length,
        frees: 1000 + CONFIG.length,
      },
    ]);
    expect(await one.trash.manifests(await newest(), '', 10)).toMatchObject([
      { digest, tags: ['1.0', 'latest'] },
    ]);
  });

  test('comes back exactly as it was', async () => {
    const { digest, layer } = await push(WEB, ['1.0', 'latest']);
    await push(WEB, ['2.0']);
    const before = await contents(WEB);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    await collect();

    expect(await one.trash.restore(await newest(), undefined, ADA)).toEqual({
      ...{ repository: WEB, manifests: 1, tags: 2, tagsLeft: [] },
    });
    await collect();

    expect(await contents(WEB)).toEqual(before);
    expect(await pullable(WEB, layer)).toBe(true);
    expect(await list()).toEqual([]);
    const [move] = await one.tagHistory.moves(WEB, aTag('1.0'), undefined, 1);
    expect(move).toMatchObject({ action: 'trash.restore', actor: 'ada', to: digest });
  });

  test('comes back with the children that were deleted after it', async () => {
    const [amd, arm] = [await push(WEB), await push(WEB)];
    const index = anIndex(
      await Promise.all(
        [amd, arm].map(async (image) => {
          const { content } = await one.manifests.get(WEB, byDigest(image.digest));
          return descriptorOf(content, 'application/vnd.oci.image.manifest.v1+json');
        }),
      ),
    );
    const digest = await one.pushManifest(WEB, index, { tags: [aTag('multi')] });
    const before = await contents(WEB);
    for (const each of [digest, amd.digest, arm.digest]) {
      await one.manifests.delete(WEB, byDigest(each), ADA);
    }
    await collect();

    const [, , first] = await list();
    await one.trash.restore({ ...(await newest()), id: first?.id ?? 0 }, undefined, ADA);
    await collect();

    expect(await contents(WEB)).toEqual(before);
    expect(await pullable(WEB, arm.layer)).toBe(true);
  });

  test('leaves tags alone that have been pushed again', async () => {
    const { digest } = await push(WEB, ['1.0', 'latest']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    const { digest: next } = await push(WEB, ['latest']);

    expect(await one.trash.restore(await newest(), undefined, ADA)).toMatchObject({
      ...{ tags: 1, tagsLeft: ['latest'] },
    });

    expect((await one.manifests.stat(WEB, tagged('latest'))).digest).toBe(next);
    expect((await one.manifests.stat(WEB, tagged('1.0'))).digest).toBe(digest);
  });

  test('may have been pushed again itself', async () => {
    const layer = randomBytes(1000);
    const { digest } = await push(WEB, ['1.0'], layer);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    await collect();
    await push(WEB, ['other'], layer);

    expect(await one.trash.restore(await newest(), undefined, ADA)).toMatchObject({
      ...{ manifests: 0, tags: 1, tagsLeft: [] },
    });
    await collect();

    expect(await tagsOf(WEB)).toEqual(['1.0', 'other']);
    expect((await one.manifests.get(WEB, tagged('other'))).digest).toBe(digest);
  });

  test('comes back when a tag is restored that pointed at it', async () => {
    const { digest, layer } = await push(WEB, ['latest']);
    await push(WEB, ['latest']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    await collect();

    await one.tagHistory.restore(WEB, aTag('latest'), undefined, ADA);
    await collect();

    expect((await one.manifests.stat(WEB, tagged('latest'))).digest).toBe(digest);
    expect(await pullable(WEB, layer)).toBe(true);
  });

  test('takes nothing from a manifest that has the same layer', async () => {
    const layer = randomBytes(1000);
    const { digest } = await push(WEB, [], layer);
    await push(named('acme/api'), ['1'], layer);
    await one.manifests.delete(WEB, byDigest(digest), ADA);

    expect(await list()).toMatchObject([{ bytes: 1000 + CONFIG.length, frees: 0 }]);
  });

  test('comes back once, however many ask', async () => {
    const { digest } = await push(WEB, ['latest']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    const deletion = await newest();

    const outcomes = await Promise.allSettled(
      [one, hasty, one, hasty].map(({ trash }) => trash.restore(deletion, undefined, ADA)),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(refusal('trash-unknown'));
    }
    expect((await one.manifests.stat(WEB, tagged('latest'))).digest).toBe(digest);
  });

  test('goes for good when its time has come, and not before', async () => {
    const { digest } = await push(WEB, ['latest']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    expect((await collect()).purged).toBe(0);
    await registry.database.query("update trash set purge_after = now() - interval '1 s'");

    expect((await collect()).purged).toBe(1);

    expect(await list()).toEqual([]);
    expect(await blobs()).toBe(0);
    await expect(one.tagHistory.restore(WEB, aTag('latest'), undefined, ADA)).rejects.toThrow(
      'deleted for good',
    );
  });

  test('goes at once where there is no trash', async () => {
    const { digest } = await push(WEB, ['latest']);
    await hasty.manifests.delete(WEB, byDigest(digest), ADA);
    await collect();

    expect(await list()).toEqual([]);
    expect(await blobs()).toBe(0);
  });
});

describe('a repository that was deleted', () => {
  test('is nowhere to be seen, and comes back whole', async () => {
    const { layer } = await push(WEB, ['1.0', 'latest']);
    const before = await contents(WEB);
    await one.repositories.delete(WEB, ADA);
    await collect();

    const all = { ...ANONYMOUS, administrator: true };
    await expect(one.repositories.show(WEB, all)).rejects.toThrow(refusal('repository-unknown'));
    expect(await one.repositories.list(all, '', 10)).toEqual({ names: [], more: false });
    const page = { by: 'name', after: undefined, limit: 10 } as const;
    expect(await one.repositories.browse(all, page, {})).toMatchObject({ repositories: [] });
    expect(await list()).toMatchObject([
      { kind: 'repository', repository: WEB, manifests: 1, tags: 2, frees: 1000 + CONFIG.length },
    ]);

    expect(await one.trash.restore(await newest(), undefined, ADA)).toEqual({
      ...{ repository: WEB, manifests: 1, tags: 2, tagsLeft: [] },
    });
    expect(await contents(WEB)).toEqual(before);
    expect(await pullable(WEB, layer)).toBe(true);
  });

  test('takes its own trash with it, and brings it back', async () => {
    const { digest } = await push(WEB, ['1.0']);
    await push(WEB, ['2.0']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    await one.repositories.delete(WEB, ADA);

    expect(await list()).toMatchObject([{ kind: 'repository', tags: 1 }]);

    await one.trash.restore(await newest(), undefined, ADA);
    await one.trash.restore(await newest(), undefined, ADA);
    expect(await tagsOf(WEB)).toEqual(['1.0', '2.0']);
  });

  test('comes back under another name when its own is taken', async () => {
    await push(WEB, ['old']);
    await one.repositories.delete(WEB, ADA);
    await push(WEB, ['new']);

    await expect(one.trash.restore(await newest(), undefined, ADA)).rejects.toThrow(
      refusal('name-taken'),
    );
    const to = named('acme/web-old');
    await one.trash.restore(await newest(), to, ADA);

    expect([await tagsOf(WEB), await tagsOf(to)]).toEqual([['new'], ['old']]);
  });

  test('goes with all that was deleted from it', async () => {
    const { digest } = await push(WEB, ['1.0']);
    await push(WEB, ['2.0']);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
    await one.repositories.delete(WEB, ADA);

    await one.trash.purge(await newest(), ADA);
    await collect();

    expect(await list()).toEqual([]);
    expect(await blobs()).toBe(0);
  });

  test('follows its namespace to another name', async () => {
    await push(WEB, ['1.0']);
    await one.repositories.delete(WEB, ADA);
    const { namespaces } = one.metadata.tables;
    const acme = await namespaces.find('acme');
    await one.metadata.transaction(async (tables) =>
      tables.namespaces.rename(acme?.id ?? 0, 'acme', 'apex'),
    );

    expect(await list()).toEqual([]);
    expect(await one.trash.list({ namespace: 'apex', orphans: false }, undefined, 9)).toMatchObject(
      [{ repository: 'apex/web' }],
    );
  });

  test('belongs to nobody who takes the name of its namespace later', async () => {
    await push(WEB, ['secret']);
    await one.repositories.delete(WEB, ADA);
    const { namespaces } = one.metadata.tables;
    await namespaces.delete((await namespaces.find('acme'))?.id ?? 0);
    await namespaces.insertOrganisation({
      ...{ name: 'acme', displayName: undefined, createOnPush: true },
    });

    expect(await list()).toEqual([]);
    expect(await one.trash.list({ namespace: 'acme', orphans: false }, undefined, 9)).toEqual([]);
    expect(await list(WEB, true)).toHaveLength(1);
    const deletion = await newest(WEB, true);
    await expect(
      one.trash.restore({ ...deletion, orphans: false }, undefined, ADA),
    ).rejects.toThrow(refusal('trash-unknown'));
    await one.trash.restore(deletion, named('rescued/web'), ADA);
    expect(await tagsOf(named('rescued/web'))).toEqual(['secret']);
  });
});

test('pages run from the newest to the oldest', async () => {
  for (let n = 0; n < 3; n++) {
    const { digest } = await push(WEB, [`t${n}`]);
    await one.manifests.delete(WEB, byDigest(digest), ADA);
  }
  const all = await list();
  const [first] = await one.trash.list({ repository: WEB, orphans: false }, undefined, 1);
  const rest = await one.trash.list({ repository: WEB, orphans: false }, first?.id, 9);

  expect([first, ...rest]).toEqual(all);
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => b - a));
});

test('nothing of another repository can be restored by its number', async () => {
  const { digest } = await push(WEB, ['latest']);
  await one.manifests.delete(WEB, byDigest(digest), ADA);
  const deletion = { ...(await newest()), repository: named('acme/api') };

  await expect(one.trash.restore(deletion, undefined, ADA)).rejects.toThrow(
    refusal('trash-unknown'),
  );
  await expect(one.trash.purge(deletion, ADA)).rejects.toThrow(refusal('trash-unknown'));
});
