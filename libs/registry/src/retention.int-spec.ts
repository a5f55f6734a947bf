import { randomBytes, randomUUID } from 'node:crypto';
import type { RetentionPolicy } from '@slipway/metadata';
import { aTag, named } from '@slipway/metadata/testing';
import type { Digest, RepositoryName } from '@slipway/oci';
import { ANONYMOUS } from './access.ts';
import type { By } from './audit-event.ts';
import { collectGarbage } from './collect-garbage.ts';
import {
  anImage,
  anIndex,
  CONFIG,
  descriptorOf,
  descriptorOfManifest,
} from './testing/documents.ts';
import { AT_ONCE, byDigest, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const WEB = named('acme/web');
const BY: By = {
  identity: { ...ANONYMOUS, kind: 'account', name: 'ada' },
  asking: { address: '192.0.2.7', client: 'a test', requestId: 'r' },
};

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeEach(async () => {
  registry = await TestRegistry.open();
  const times = { ...AT_ONCE, trashDelay: 3600 };
  one = await registry.replica({ times });
  other = await registry.replica({ times });
});
afterEach(async () => registry.close());

const rules = (...some: RetentionPolicy['rules']): RetentionPolicy => ({
  rules: some,
  protect: [],
});

/** Another image under tags, pushed so many days ago. */
async function push(tags: readonly string[], daysAgo = 0, repository = WEB): Promise<Digest> {
  const annotations = { id: randomUUID() };
  const digest = await one.pushManifest(repository, anIndex([], { annotations }), {
    tags: tags.map(aTag),
  });
  await registry.database.query(`
    update tags set updated_at = now() - interval '${daysAgo} days' - interval '1 s'
      where digest = '${digest}';
    update manifests set pushed_at = now() - interval '${daysAgo} days' - interval '1 s'
      where digest = '${digest}'`);
  return digest;
}

const tagsOf = async (repository: RepositoryName = WEB) =>
  (await one.repositories.tags(repository, '', 1000)).names;

const all = { after: '', limit: 1000, going: undefined };

const judged = async (policy?: RetentionPolicy) =>
  Object.fromEntries(
    (await one.retention.judge(WEB, policy, all)).map(({ name, because }) => [name, because]),
  );

const why = async (policy: RetentionPolicy, tag: string) =>
  (await one.retention.judge(WEB, policy, all)).find(({ name }) => name === tag)?.why;

describe('a tag stays', () => {
  test('as one of the last images of its rule, however many tags those have', async () => {
    await push(['1.0'], 3);
    await push(['1.1', 'stable'], 2);
    await push(['1.2', 'latest'], 1);
    await push(['other'], 9);
    const policy = rules({ tags: ['*', '!other'], keepLast: 2 });

    expect(await judged(policy)).toEqual({
      ...{ '1.0': 'beyond', '1.1': 'last', stable: 'last', '1.2': 'last', latest: 'last' },
      other: 'no-rule',
    });
    expect(await why(policy, '1.0')).toBe(
      'rule 1 (*, !other) does not keep it: its image is number 3 of the last 2',
    );
    expect(await why(policy, '1.1')).toBe(
      'rule 1 (*, !other) keeps the last 2, and its image is number 2',
    );
  });

  test('when it was pushed or pulled lately, or any rule keeps it', async () => {
    await push(['old'], 40);
    const used = await push(['used'], 40);
    await push(['new'], 5);
    await push(['v1'], 40);
    const at = new Date(Date.now() - 2 * 86_400_000);
    await one.metadata.tables.manifestPulls.add([{ repository: WEB, digest: used, pulls: 1, at }]);

    expect(
      await judged(
        rules(
          { tags: ['*'], keepNewerThanDays: 30, keepPulledWithinDays: 7 },
          { tags: ['v*'], keepLast: 5 },
        ),
      ),
    ).toEqual({ old: 'beyond', used: 'pulled', new: 'newer', v1: 'last' });
  });

  test('when it is protected or immutable', async () => {
    for (const tag of ['latest', 'v1', 'pr_1', 'prx1']) await push([tag], 40);
    await one.tagRules.setImmutable(WEB, ['v*']);
    const policy = { rules: [{ tags: ['*'], keepLast: 0 }], protect: ['latest', 'pr_*'] };

    expect(await judged(policy)).toEqual({
      ...{ latest: 'protected', v1: 'immutable', pr_1: 'protected', prx1: 'beyond' },
    });
    await one.retention.set(WEB, policy);
    await one.retention.apply(WEB, BY);
    expect(await tagsOf()).toEqual(['latest', 'pr_1', 'v1']);
  });
});

describe('what is at the top goes and stays with what hangs on it', () => {
  /** A multi-platform image with an attestation, a signature as a referrer and one by its tag. */
  async function whole(tag: string, daysAgo: number) {
    const layers = [randomBytes(100), randomBytes(100)];
    await one.pushBlob(WEB, CONFIG);
    const children = [];
    for (const layer of layers) {
      await one.pushBlob(WEB, layer);
      await one.pushManifest(WEB, anImage([layer]));
      children.push(descriptorOfManifest(anImage([layer])));
    }
    const document = anIndex(children, { annotations: { id: randomUUID() } });
    const index = await one.pushManifest(WEB, document, { reference: tagged(tag) });
    const subject = descriptorOfManifest(document);
    const sbom = anImage([], { subject, artifactType: 'application/spdx+json' });
    const signed = await one.pushManifest(WEB, sbom);
    await one.pushManifest(
      WEB,
      anImage([], { subject: descriptorOfManifest(sbom), artifactType: 'application/signature' }),
    );
    await one.pushManifest(WEB, anImage([], { annotations: { signs: index } }), {
      reference: tagged(`${index.replace(':', '-')}.sig`),
    });
    await registry.database.query(
      `update tags set updated_at = now() - interval '${daysAgo} days' where name = '${tag}'`,
    );
    return { index, signed, children: children.map(({ digest }) => digest) };
  }

  const manifests = async () => {
    const [row] = await registry.database.query<{ n: number }>(
      `select count(*)::integer as n from manifests m join repositories r on r.id = m.repository_id
       where r.name = '${WEB}'`,
    );
    return row?.n;
  };

  test('children, signatures and attestations, and the blobs of all', async () => {
    const { index } = await whole('old', 40);
    await whole('new', 1);
    await one.retention.set(WEB, rules({ tags: ['*'], keepNewerThanDays: 30 }));

    expect(await judged()).toEqual({ old: 'beyond', new: 'newer' });
    expect(await one.retention.rehearse(WEB, undefined)).toEqual({
      ...{ tagsStay: 1, tagsGo: 1, manifestsStay: 6, manifestsGo: 6, frees: 200 },
    });
    expect(await manifests()).toBe(12);

    expect(await one.retention.apply(WEB, BY)).toEqual({ tags: 1, manifests: 6 });
    expect(await manifests()).toBe(6);
    expect(await tagsOf()).toHaveLength(2);
    expect(await one.retention.apply(WEB, BY)).toEqual({ tags: 0, manifests: 0 });

    const [deletion] = await one.trash.list({ repository: WEB, orphans: false }, undefined, 9);
    expect(deletion).toMatchObject({
      ...{ action: 'retention.apply', actor: 'ada', manifests: 6, tags: 2, frees: 200 },
    });
    await collectGarbage(one.metadata, registry.store, AT_ONCE, new AbortController().signal);
    const back = { repository: WEB, id: deletion?.id ?? 0, orphans: false };
    await one.trash.restore(back, undefined, BY);
    expect(await manifests()).toBe(12);
    expect((await one.manifests.stat(WEB, tagged('old'))).digest).toBe(index);
    expect(await tagsOf()).toHaveLength(4);
  });

  test('a child of what stays loses its tag and nothing else', async () => {
    const { children } = await whole('new', 1);
    const [child] = children;
    if (child === undefined) throw new Error('no child');
    const id = await one.metadata.tables.repositories.ensure(WEB);
    await one.metadata.tables.tags.set(id, aTag('amd64'), child);
    await one.retention.set(WEB, rules({ tags: ['amd*'], keepLast: 0 }));

    expect(await one.retention.apply(WEB, BY)).toEqual({ tags: 1, manifests: 0 });
    expect((await one.manifests.stat(WEB, byDigest(child))).digest).toBe(child);

    const [deletion] = await one.trash.list({ repository: WEB, orphans: false }, undefined, 9);
    const back = { repository: WEB, id: deletion?.id ?? 0, orphans: false };
    await one.trash.restore(back, undefined, BY);
    expect((await one.manifests.stat(WEB, tagged('amd64'))).digest).toBe(child);
  });

  test('a manifest goes when its last tag does', async () => {
    const digest = await push(['a', 'b'], 40);
    await one.retention.set(WEB, rules({ tags: ['a'], keepLast: 0 }));
    expect(await one.retention.apply(WEB, BY)).toEqual({ tags: 1, manifests: 0 });
    await one.retention.set(WEB, rules({ tags: ['b'], keepLast: 0 }));
    expect(await one.retention.apply(WEB, BY)).toEqual({ tags: 1, manifests: 1 });
    await expect(one.manifests.stat(WEB, byDigest(digest))).rejects.toThrow('no manifest');
  });

  test('what no tag names goes by its age, if at all', async () => {
    await whole('new', 1);
    await push(['v1'], 40);
    const forgotten = await push(['v1'], 1);
    await registry.database.query(
      `update manifests set pushed_at = now() - interval '40 days' where digest <> '${forgotten}'`,
    );
    expect((await one.retention.rehearse(WEB, rules())).manifestsGo).toBe(0);
    const policy = { rules: [], protect: [], untaggedDays: 30 };
    expect((await one.retention.rehearse(WEB, policy)).manifestsGo).toBe(1);

    await one.retention.set(WEB, policy);
    expect(await one.retention.apply(WEB, BY)).toEqual({ tags: 0, manifests: 1 });
    expect(await tagsOf()).toHaveLength(3);
  });

  test('a layer that another repository has frees nothing', async () => {
    const layer = randomBytes(500);
    for (const repository of [WEB, named('acme/api')]) {
      await one.pushBlob(repository, CONFIG);
      await one.pushBlob(repository, layer);
      await one.pushManifest(repository, anImage([layer]), { reference: tagged('v1') });
    }
    const policy = rules({ tags: ['*'], keepLast: 0 });
    expect(await one.retention.rehearse(WEB, policy)).toMatchObject({ manifestsGo: 1, frees: 0 });
    await one.repositories.delete(named('acme/api'));
    const [deletion] = await one.trash.list({ orphans: true }, undefined, 1);
    await one.trash.purge(
      { repository: named('acme/api'), id: deletion?.id ?? 0, orphans: true },
      BY,
    );
    expect(await one.retention.rehearse(WEB, policy)).toMatchObject({
      frees: 500 + descriptorOf(CONFIG).size,
    });
  });
});

describe('the policy', () => {
  beforeEach(async () => {
    await one.metadata.tables.namespaces.insertOrganisation({
      ...{ name: 'acme', displayName: undefined, createOnPush: true },
    });
  });

  test('is the repository’s own, or its namespace’s, and both protect', async () => {
    for (const tag of ['a', 'b', 'c']) await push([tag], 40);
    const ofAll = { rules: [{ tags: ['*'], keepLast: 0 }], protect: ['a'] };
    await one.retention.setIn('acme', ofAll);
    expect(await judged()).toEqual({ a: 'protected', b: 'beyond', c: 'beyond' });

    const own = { rules: [{ tags: ['c'], keepLast: 0 }], protect: [] };
    expect(await one.retention.set(WEB, own)).toEqual({
      ...{ own, inherited: ofAll, appliedAt: undefined },
    });
    expect(await judged()).toEqual({ a: 'protected', b: 'no-rule', c: 'beyond' });

    expect(await one.retention.set(WEB, rules())).toMatchObject({ own: undefined });
    expect(await judged()).toEqual({ a: 'protected', b: 'beyond', c: 'beyond' });
  });

  test('is refused when it would say something else than it seems to', async () => {
    await push(['a']);
    await expect(one.retention.set(WEB, rules({ tags: ['v*'] }))).rejects.toThrow(
      'rule 1 (v*) says of no tag that it stays',
    );
    await expect(one.retention.set(WEB, rules({ tags: ['!v*'], keepLast: 1 }))).rejects.toThrow(
      'rule 1 is about no tag: !v*',
    );
  });

  test('is applied by one replica when its time has come, and written down', async () => {
    await push(['a'], 40);
    await push(['b']);
    await push(['a'], 40, named('acme/api'));
    await push(['a'], 40, named('elsewhere'));
    await one.retention.setIn('acme', rules({ tags: ['*'], keepNewerThanDays: 30 }));
    const { signal } = new AbortController();

    const done = await Promise.all(
      [one, other].map(async ({ retention }) => retention.applyDue(3600, signal)),
    );

    expect(done.flat().sort((a, b) => (a.repository < b.repository ? -1 : 1))).toEqual([
      { repository: 'acme/api', tags: 1, manifests: 1 },
      { repository: WEB, tags: 1, manifests: 1 },
    ]);
    expect(await one.retention.applyDue(3600, signal)).toEqual([]);
    expect(await tagsOf()).toEqual(['b']);
    expect(await tagsOf(named('elsewhere'))).toEqual(['a']);
    const events = await registry.database.query<{ resource: string; detail: unknown }>(
      `select resource, detail from audit_events where action = 'retention.apply' order by resource`,
    );
    expect(events).toEqual([
      { resource: 'acme/api', detail: { tags: 1, manifests: 1 } },
      { resource: 'acme/web', detail: { tags: 1, manifests: 1 } },
    ]);
  });
});

test('what is pushed meanwhile is never taken away', async () => {
  await one.retention
    .set(WEB, rules({ tags: ['*'], keepNewerThanDays: 30 }))
    .catch(() => undefined);
  for (let round = 0; round < 10; round++) {
    const digests = [];
    for (let n = 0; n < 5; n++) digests.push(await push([`t${n}`], 40));
    await one.retention.set(WEB, rules({ tags: ['*'], keepNewerThanDays: 30 }));
    const content = await Promise.all(
      digests.map(async (digest) => (await one.manifests.get(WEB, byDigest(digest))).content),
    );

    const [, ...pushed] = await Promise.all([
      one.retention.apply(WEB, BY),
      ...content.map(async (bytes, n) =>
        other.manifests.put({
          ...{ repository: WEB, reference: tagged(`again${n}`), tags: [], bytes },
          ...{ contentType: '', expected: undefined },
        }),
      ),
    ]);

    for (const [n, { digest }] of pushed.entries()) {
      expect((await one.manifests.stat(WEB, tagged(`again${n}`))).digest).toBe(digest);
    }
  }
});
