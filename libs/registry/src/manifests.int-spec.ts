import { randomBytes, randomUUID } from 'node:crypto';
import { aTag, named } from '@slipway/metadata/testing';
import { type Digest, digestOf } from '@slipway/oci';
import type { RegistryError } from './errors.ts';
import { digestOfBytes } from './hashing.ts';
import type { SparseManifests } from './manifests.ts';
import {
  anImage,
  anIndex,
  CONFIG,
  descriptorOf,
  descriptorOfManifest,
} from './testing/documents.ts';
import { byDigest, type Replica, tagged, TestRegistry } from './testing/test-registry.ts';

const DEMO = named('demo');
const OTHER = named('other');
const MISSING = digestOf('sha256', 'f'.repeat(64));

let registry: TestRegistry;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  registry = await TestRegistry.open();
  one = await registry.replica();
  other = await registry.replica();
  await one.pushBlob(DEMO, CONFIG);
});
afterAll(async () => registry.close());

const refusal = (reason: RegistryError['reason']) =>
  expect.objectContaining({ name: 'RegistryError', reason }) as RegistryError;

/** An index that no other test pushes. */
const aDocument = () => anIndex([], { annotations: { id: randomUUID() } });
const bytesOf = (document: unknown) => Buffer.from(JSON.stringify(document));

const digestAt = async (replica: Replica, tag: string): Promise<Digest> =>
  (await replica.manifests.stat(DEMO, tagged(tag))).digest;

describe('a manifest', () => {
  test('comes back byte for byte, by its tag and by its digest', async () => {
    const bytes = Buffer.from(
      `{ "manifests":[],\n\t"schemaVersion": 2.0,"mediaType":"application/vnd.oci.image.index.v1+json","é\\u00e9":1}\n`,
    );
    const digest = digestOfBytes('sha256', bytes);
    const pushed = await one.manifests.put({
      repository: DEMO,
      reference: tagged('exact'),
      tags: [],
      bytes,
      contentType: 'application/vnd.oci.image.index.v1+json',
      expected: undefined,
    });
    expect(pushed).toEqual({ digest, subject: undefined, lacking: [] });

    for (const replica of [one, other, one]) {
      for (const reference of [tagged('exact'), byDigest(digest)]) {
        const record = {
          digest,
          mediaType: 'application/vnd.oci.image.index.v1+json',
          size: bytes.length,
        };
        expect(await replica.manifests.stat(DEMO, reference)).toEqual(record);
        expect(await replica.manifests.get(DEMO, reference)).toEqual({ ...record, content: bytes });
      }
    }
  });

  test('is stored under the algorithm of the digest that it is pushed by', async () => {
    const document = aDocument();
    const sha512 = digestOfBytes('sha512', bytesOf(document));

    expect(await one.pushManifest(DEMO, document, { reference: byDigest(sha512) })).toBe(sha512);

    expect((await one.manifests.get(DEMO, byDigest(sha512))).content).toEqual(bytesOf(document));
    const sha256 = digestOfBytes('sha256', bytesOf(document));
    await expect(one.manifests.stat(DEMO, byDigest(sha256))).rejects.toThrow(
      refusal('manifest-unknown'),
    );
  });

  test('is refused when it is not what its digest says', async () => {
    const document = aDocument();
    const actual = digestOfBytes('sha256', bytesOf(document));

    await expect(
      one.pushManifest(DEMO, document, { reference: byDigest(MISSING) }),
    ).rejects.toMatchObject({ reason: 'digest-mismatch', detail: { digest: MISSING, actual } });
  });

  test('is refused when it is none, and makes no repository', async () => {
    const nowhere = named('nowhere');

    await expect(one.pushManifest(nowhere, { schemaVersion: 3 })).rejects.toMatchObject({
      reason: 'manifest-invalid',
      message: 'the manifest is refused: its schemaVersion is not 2',
    });

    expect(await one.metadata.tables.repositories.find(nowhere)).toBeUndefined();
    await expect(one.manifests.stat(nowhere, tagged('latest'))).rejects.toThrow(
      refusal('repository-unknown'),
    );
  });

  test('may be pushed again, with more tags', async () => {
    const document = aDocument();
    const digests = [
      await one.pushManifest(DEMO, document, { reference: tagged('again-1') }),
      await one.pushManifest(DEMO, document, { reference: tagged('again-2') }),
      await one.pushManifest(DEMO, document, { tags: [aTag('again-3'), aTag('again-3')] }),
    ];

    for (const tag of ['again-1', 'again-2', 'again-3']) {
      expect(await digestAt(one, tag)).toBe(digests[0]);
    }
  });

  test('that nobody pushed is told from a tag that nobody set', async () => {
    await expect(one.manifests.get(DEMO, tagged('nothing'))).rejects.toMatchObject({
      reason: 'manifest-unknown',
      message: 'demo has no tag nothing',
    });
    await expect(one.manifests.get(DEMO, byDigest(MISSING))).rejects.toMatchObject({
      reason: 'manifest-unknown',
      message: `demo has no manifest ${MISSING}`,
    });
  });
});

describe('what a manifest points at', () => {
  const layer = randomBytes(10);
  beforeAll(async () => one.pushBlob(DEMO, layer));

  const image = anImage([randomBytes(20)]);
  const index = anIndex([{ ...descriptorOfManifest(aDocument()) }]);

  test.each<[SparseManifests, string, Record<string, unknown>, boolean]>([
    ['none', 'an image', image, false],
    ['none', 'an index', index, false],
    ['index', 'an image', image, false],
    ['index', 'an index', index, true],
    ['any', 'an image', image, true],
    ['any', 'an index', index, true],
  ])('may be missing where manifests may be sparse: %s, %s', async (sparse, _, document, may) => {
    const replica = await registry.replica({ sparse });
    const [lacking] = (document.manifests ?? document.layers) as { readonly digest: Digest }[];
    const bytes = bytesOf(document);
    const push = replica.manifests.put({
      repository: DEMO,
      reference: tagged(`sparse-${sparse}`),
      tags: [],
      bytes,
      contentType: '',
      expected: undefined,
    });

    if (may) {
      expect((await push).lacking).toEqual([lacking?.digest]);
      await replica.manifests.delete(DEMO, byDigest(digestOfBytes('sha256', bytes)));
      return;
    }
    await expect(push).rejects.toMatchObject({
      reason: 'manifest-references-unknown',
      detail: [{ digest: lacking?.digest }],
    });
    await expect(
      replica.manifests.stat(DEMO, byDigest(digestOfBytes('sha256', bytes))),
    ).rejects.toThrow(refusal('manifest-unknown'));
  });

  test('is named, each digest, when it is missing', async () => {
    const layers = Array.from({ length: 5 }, () => randomBytes(10));

    await expect(one.pushManifest(DEMO, anImage([layer, ...layers]))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^the manifest points at what demo does not have: .* and 2 more; push that first$/,
      ) as string,
      detail: layers.map((bytes) => ({ digest: digestOfBytes('sha256', bytes) })),
    });
  });

  test('must be in the same repository', async () => {
    await expect(one.pushManifest(OTHER, anImage([]))).rejects.toThrow(
      refusal('manifest-references-unknown'),
    );
  });

  test('need not be there where clients do not push it: foreign layers and the subject', async () => {
    const foreign = {
      ...descriptorOf(randomBytes(10), 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
      urls: ['https://example.org/layer'],
    };
    const subject = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: MISSING,
      size: 1,
    };
    const document = { ...anImage([layer]), layers: [foreign], subject };
    const { lacking, subject: told } = await one.manifests.put({
      repository: DEMO,
      reference: tagged('foreign'),
      tags: [],
      bytes: bytesOf(document),
      contentType: '',
      expected: undefined,
    });

    expect([lacking, told]).toEqual([[foreign.digest], MISSING]);
  });

  test('may be manifests, nested indexes, and layers that an index lists', async () => {
    const child = aDocument();
    const nested = anIndex([descriptorOfManifest(child)]);
    const cache = anIndex([
      descriptorOf(layer),
      descriptorOf(CONFIG, 'application/vnd.buildkit.cacheconfig.v0'),
    ]);
    await one.pushManifest(DEMO, child);
    await one.pushManifest(DEMO, nested);
    await one.pushManifest(DEMO, cache);

    await one.pushManifest(
      DEMO,
      anIndex([descriptorOfManifest(nested), descriptorOfManifest(cache)]),
    );
  });

  test.each(['blob', 'manifest'])(
    'must have the size that the manifest says: a %s',
    async (kind) => {
      const child = aDocument();
      await one.pushManifest(DEMO, child);
      const wrong = { size: 11 };
      const document =
        kind === 'blob'
          ? { ...anImage([]), layers: [{ ...descriptorOf(layer), ...wrong }] }
          : anIndex([{ ...descriptorOfManifest(child), ...wrong }]);

      await expect(one.pushManifest(DEMO, document)).rejects.toMatchObject({
        reason: 'manifest-invalid',
        message: expect.stringMatching(/has 11 bytes, but it has \d+$/) as string,
      });
    },
  );
});

describe('a tag', () => {
  test('is set with the manifest, all of its tags or none', async () => {
    const before = await one.pushManifest(DEMO, aDocument(), { reference: tagged('held') });
    const document = aDocument();

    await expect(
      one.pushManifest(DEMO, document, {
        reference: tagged('held'),
        tags: [aTag('also')],
        expected: MISSING,
      }),
    ).rejects.toMatchObject({ reason: 'tag-moved', detail: { tag: 'held', expected: MISSING } });

    expect(await digestAt(one, 'held')).toBe(before);
    await expect(digestAt(one, 'also')).rejects.toThrow(refusal('manifest-unknown'));
    const digest = digestOfBytes('sha256', bytesOf(document));
    await expect(one.manifests.stat(DEMO, byDigest(digest))).rejects.toThrow(
      refusal('manifest-unknown'),
    );
  });

  test('moves from where it is expected to be, and the other tags of the push follow', async () => {
    const before = await one.pushManifest(DEMO, aDocument(), {
      reference: tagged('moving'),
      tags: [aTag('other-tag')],
    });

    const after = await one.pushManifest(DEMO, aDocument(), {
      reference: tagged('moving'),
      tags: [aTag('other-tag')],
      expected: before,
    });

    expect(await digestAt(one, 'moving')).toBe(after);
    expect(await digestAt(one, 'other-tag')).toBe(after);
  });

  test('that is expected somewhere and is not there is refused', async () => {
    await expect(
      one.pushManifest(DEMO, aDocument(), { reference: tagged('never-set'), expected: MISSING }),
    ).rejects.toThrow(refusal('tag-moved'));
  });

  test.each(['move it from one manifest', 'make it'])(
    'of many that %s at once, exactly one does',
    async (what) => {
      const tag = what === 'make it' ? 'made' : 'swapped';
      const before =
        tag === 'swapped'
          ? await one.pushManifest(DEMO, aDocument(), { reference: tagged(tag) })
          : undefined;

      const results = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 === 0 ? one : other).pushManifest(DEMO, aDocument(), {
            reference: tagged(tag),
            expected: before ?? 'absent',
          }),
        ),
      );

      const won = results.flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      );
      expect(won).toEqual([await digestAt(one, tag)]);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toEqual(refusal('tag-moved'));
      }
    },
  );

  test('a chain of swaps loses none, however many try', async () => {
    const seen: Digest[] = [
      await one.pushManifest(DEMO, aDocument(), { reference: tagged('chain') }),
    ];
    const swap = async (replica: Replica) => {
      for (let done = 0; done < 3;) {
        const expected = await digestAt(replica, 'chain');
        try {
          seen.push(
            await replica.pushManifest(DEMO, aDocument(), { reference: tagged('chain'), expected }),
          );
          done++;
        } catch (error) {
          expect(error).toEqual(refusal('tag-moved'));
        }
      }
    };
    await Promise.all([swap(one), swap(other), swap(one)]);

    expect(seen).toHaveLength(10);
    expect(seen).toContain(await digestAt(one, 'chain'));
  });

  test('many pushes of the same tags at once all succeed', async () => {
    const tags = ['t1', 't2', 't3', 't4', 't5'].map(aTag);
    const pushed = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? one : other).pushManifest(DEMO, aDocument(), {
          tags: index % 3 === 0 ? tags : tags.toReversed(),
        }),
      ),
    );

    const now = await Promise.all(tags.map((tag) => digestAt(one, tag)));
    expect(new Set(now).size).toBe(1);
    expect(pushed).toContain(now[0]);
  });
});

describe('deleting', () => {
  test('a tag takes away the tag alone', async () => {
    const digest = await one.pushManifest(DEMO, aDocument(), {
      reference: tagged('goes'),
      tags: [aTag('stays')],
    });

    await one.manifests.delete(DEMO, tagged('goes'));

    await expect(digestAt(one, 'goes')).rejects.toThrow(refusal('manifest-unknown'));
    await expect(one.manifests.delete(DEMO, tagged('goes'))).rejects.toThrow(
      refusal('manifest-unknown'),
    );
    expect(await digestAt(one, 'stays')).toBe(digest);
    expect((await one.manifests.stat(DEMO, byDigest(digest))).digest).toBe(digest);
  });

  test('a manifest takes away all its tags with it, in its repository', async () => {
    const document = aDocument();
    const digest = await one.pushManifest(DEMO, document, {
      tags: [aTag('gone-1'), aTag('gone-2')],
    });
    await one.pushManifest(OTHER, document, { tags: [aTag('kept')] });

    await one.manifests.delete(DEMO, byDigest(digest));

    for (const reference of [byDigest(digest), tagged('gone-1'), tagged('gone-2')]) {
      await expect(one.manifests.get(DEMO, reference)).rejects.toThrow(refusal('manifest-unknown'));
    }
    await expect(one.manifests.delete(DEMO, byDigest(digest))).rejects.toThrow(
      refusal('manifest-unknown'),
    );
    expect((await one.manifests.stat(OTHER, tagged('kept'))).digest).toBe(digest);
  });

  test('Decision 4: a manifest that an index lists cannot be taken from under it', async () => {
    const child = aDocument();
    const digest = await one.pushManifest(DEMO, child);
    const parent = await one.pushManifest(DEMO, anIndex([descriptorOfManifest(child)]));

    await expect(one.manifests.delete(DEMO, byDigest(digest))).rejects.toMatchObject({
      reason: 'manifest-in-use',
      detail: { digest, index: parent },
    });

    await one.manifests.delete(DEMO, byDigest(parent));
    await one.manifests.delete(DEMO, byDigest(digest));
  });

  test('a manifest and pushing an index that lists it, at once, never both succeed', async () => {
    for (let round = 0; round < 15; round++) {
      const child = aDocument();
      const digest = await one.pushManifest(DEMO, child);
      const [pushed, deleted] = await Promise.allSettled([
        one.pushManifest(DEMO, anIndex([descriptorOfManifest(child)])),
        other.manifests.delete(DEMO, byDigest(digest)),
      ]);

      expect([pushed.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});

describe('Decision 5: what one replica did, all others see at once', () => {
  test('a tag that moved', async () => {
    for (let round = 0; round < 10; round++) {
      const digest = await one.pushManifest(DEMO, aDocument(), { reference: tagged('moved') });
      expect((await other.manifests.get(DEMO, tagged('moved'))).digest).toBe(digest);
    }
  });

  test('a manifest that is gone, though its bytes are cached', async () => {
    const digest = await one.pushManifest(DEMO, aDocument(), { reference: tagged('cached') });
    for (const replica of [one, other]) await replica.manifests.get(DEMO, byDigest(digest));

    await one.manifests.delete(DEMO, byDigest(digest));

    for (const reference of [byDigest(digest), tagged('cached')]) {
      await expect(other.manifests.get(DEMO, reference)).rejects.toThrow(
        refusal('manifest-unknown'),
      );
    }
  });

  test('bytes that are cached give no other repository the right to them', async () => {
    const digest = await one.pushManifest(DEMO, aDocument());
    await one.manifests.get(DEMO, byDigest(digest));
    await one.pushManifest(OTHER, anIndex([]));

    await expect(one.manifests.get(OTHER, byDigest(digest))).rejects.toThrow(
      refusal('manifest-unknown'),
    );
  });
});
