import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chainIds } from './chain-id.ts';
import { LayerStore, type StoredLayer } from './layer-store.ts';
import { mountRootfs, removeRootfs } from './rootfs.ts';
import { archive, diffIdOf, inPieces, type Piece } from '@slipway/layers/testing';
import { describeAsRoot } from './testing/as-root.ts';
import { listing } from './testing/listing.ts';

let root = '';
let store: LayerStore;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slipway-test-store-'));
  store = await LayerStore.open(root);
});
afterEach(async () => {
  await removeRootfs(join(root, 'container'));
  rmSync(root, { recursive: true, force: true });
});

/** Stores the layers of an image, the lowest first. */
async function stored(...layers: readonly (readonly Piece[])[]): Promise<StoredLayer[]> {
  const archives = layers.map((pieces) => archive(...pieces));
  const chain = chainIds(archives.map(diffIdOf));
  const all: StoredLayer[] = [];
  for (const [n, bytes] of archives.entries()) {
    const chainId = chain[n] ?? diffIdOf(bytes);
    const wanted = { diffId: diffIdOf(bytes), chainId, open: () => inPieces(gzipSync(bytes)) };
    all.push(await store.add(wanted, async () => all.slice(0, n)));
  }
  return all;
}

/** What a container sees of these layers. */
async function merged(...layers: readonly (readonly Piece[])[]): Promise<string[]> {
  return listing(await mountRootfs(store, await stored(...layers), join(root, 'container')));
}

describeAsRoot('layers and the tree they make', ['tar'], () => {
  it('is the last word on every file', async () => {
    expect(
      await merged(
        [
          { name: './', mode: 0o711, uid: 3 },
          { name: 'a', content: 'lower' },
          { name: 'd/' },
          { name: 'd/x' },
        ],
        [{ name: 'a', content: 'upper' }, { name: 'd/', mode: 0o700 }, { name: 'd/y' }],
      ),
    ).toEqual([
      '/ 0711 3:0 folder',
      '/a 0644 0:0 "upper"',
      '/d 0700 0:0 folder',
      '/d/x 0644 0:0 ""',
      '/d/y 0644 0:0 ""',
    ]);
  });

  it('lacks what a higher layer whites out, in every layer of several', async () => {
    expect(
      await merged(
        [{ name: 'a' }, { name: 'b' }, { name: 'd/' }, { name: 'd/1' }, { name: 'd/2' }],
        [{ name: '.wh.a' }, { name: 'd/' }, { name: 'd/.wh.1' }],
        [{ name: '.wh.b' }, { name: 'c' }],
      ),
    ).toEqual(['/ 0755 0:0 folder', '/c 0644 0:0 ""', '/d 0755 0:0 folder', '/d/2 0644 0:0 ""']);
  });

  it('lacks all that was in a folder which a higher layer made opaque or anew', async () => {
    const lower = [{ name: 'o/' }, { name: 'o/1' }, { name: 'r/' }, { name: 'r/1' }];
    expect(
      await merged(lower, [
        { name: 'o/' },
        { name: 'o/.wh..wh..opq' },
        { name: 'o/2' },
        { name: '.wh.r' },
        { name: 'r/' },
        { name: 'r/2' },
      ]),
    ).toEqual([
      '/ 0755 0:0 folder',
      '/o 0755 0:0 folder',
      '/o/2 0644 0:0 ""',
      '/r 0755 0:0 folder',
      '/r/2 0644 0:0 ""',
    ]);
  });

  it('lacks everything below a layer whose root is opaque', async () => {
    expect(await merged([{ name: 'a' }], [{ name: '.wh..wh..opq' }, { name: 'b' }])).toEqual([
      '/ 0755 0:0 folder',
      '/b 0644 0:0 ""',
    ]);
  });

  it('has a folder where a higher layer has one in the place of a link or a file', async () => {
    expect(
      await merged(
        [
          { name: 'real/' },
          { name: 'real/x' },
          { name: 'l', type: '2', link: 'real' },
          { name: 'f' },
        ],
        [{ name: 'l/' }, { name: 'l/y' }, { name: 'f/' }],
      ),
    ).toEqual([
      '/ 0755 0:0 folder',
      '/f 0755 0:0 folder',
      '/l 0755 0:0 folder',
      '/l/y 0644 0:0 ""',
      '/real 0755 0:0 folder',
      '/real/x 0644 0:0 ""',
    ]);
  });

  it('gives folders that no entry describes what the layer below says of them', async () => {
    expect(
      await merged(
        [
          { name: 'srv/', mode: 0o2770, uid: 7, gid: 8 },
          { name: 'srv/www/', mode: 0o711, uid: 9 },
        ],
        [{ name: 'other' }],
        [{ name: 'srv/www/index', content: 'x' }, { name: 'fresh/file' }],
      ),
    ).toEqual([
      '/ 0755 0:0 folder',
      '/fresh 0755 0:0 folder',
      '/fresh/file 0644 0:0 ""',
      '/other 0644 0:0 ""',
      '/srv 2770 7:8 folder',
      '/srv/www 0711 9:0 folder',
      '/srv/www/index 0644 0:0 "x"',
    ]);
  });

  it('does not give them what a layer in between hides', async () => {
    const tree = await merged(
      [{ name: 'srv/', mode: 0o700, uid: 7 }],
      [{ name: '.wh.srv' }],
      [{ name: 'srv/x' }],
    );
    expect(tree).toContain('/srv 0755 0:0 folder');
    const opaque = await merged(
      [
        { name: 'd/', mode: 0o700 },
        { name: 'd/e/', mode: 0o700, uid: 7 },
      ],
      [{ name: 'd/', mode: 0o711 }, { name: 'd/.wh..wh..opq' }],
      [{ name: 'd/e/x' }],
    );
    expect(opaque).toContain('/d 0711 0:0 folder');
    expect(opaque).toContain('/d/e 0755 0:0 folder');
  });

  it('stacks 300 layers, and refuses 501', async () => {
    const layers = Array.from({ length: 300 }, (_, n) => [
      { name: `f${n}` },
      { name: 'last', content: String(n) },
    ]);
    const all = await stored(...layers);
    const folder = join(root, 'container');
    const tree = await mountRootfs(store, all, folder);
    expect(readdirSync(tree)).toHaveLength(301);
    expect(readFileSync(join(tree, 'last'), 'utf8')).toBe('299');
    await removeRootfs(folder);
    const tooMany = Array.from({ length: 501 }, () => all.slice(0, 1)).flat();
    await expect(mountRootfs(store, tooMany, folder)).rejects.toThrow(/501 layers/);
  });

  it('is empty without a layer, and takes what is written without a layer changing', async () => {
    const folder = join(root, 'container');
    expect(listing(await mountRootfs(store, [], folder))).toEqual(['/ 0755 0:0 folder']);
    await removeRootfs(folder);
    const layers = await stored([{ name: 'a', content: 'a' }]);
    const tree = await mountRootfs(store, layers, folder);
    writeFileSync(join(tree, 'a'), 'changed');
    expect(readFileSync(join(store.folder, '1', 'a'), 'utf8')).toBe('a');
    await removeRootfs(folder);
    expect(existsSync(tree)).toBe(false);
  });

  it.each(['dev', 'proc', 'sys'])('is refused when its /%s is a link', async (name) => {
    const layers = await stored([{ name, type: '2', link: 'etc' }, { name: 'etc/' }]);
    await expect(mountRootfs(store, layers, join(root, 'container'))).rejects.toMatchObject({
      reason: 'rootfs-invalid',
    });
  });
});

describeAsRoot('LayerStore', ['tar'], () => {
  it('keeps a layer once for all images, and one that took something from below for its own chain', async () => {
    const plain = [{ name: 'a/' }, { name: 'a/x' }];
    const implicit = [{ name: 'a/b/x' }];
    const first = await stored(plain, implicit);
    const second = await stored([{ name: 'a/', mode: 0o700 }], plain, implicit);
    expect(second[1]).toBe(first[0]);
    expect(second[2]?.number).not.toBe(first[1]?.number);
    expect(await stored(plain, implicit)).toEqual(first);
  });

  it('unpacks once what two ask for at once', async () => {
    let opened = 0;
    const bytes = archive({ name: 'a' });
    const wanted = {
      diffId: diffIdOf(bytes),
      chainId: diffIdOf(bytes),
      open: () => {
        opened++;
        return inPieces(bytes, 100);
      },
    };
    const [one, two] = await Promise.all([1, 2].map(() => store.add(wanted, async () => [])));
    expect(one).toBe(two);
    expect(opened).toBe(1);
  });

  it('keeps nothing of a layer that was not proven, and takes it when it comes right', async () => {
    const bytes = archive({ name: 'a', content: 'right' });
    const wrong = archive({ name: 'a', content: 'wrong' });
    const wanted = { diffId: diffIdOf(bytes), chainId: diffIdOf(bytes) };
    await expect(
      store.add({ ...wanted, open: () => inPieces(wrong) }, async () => []),
    ).rejects.toMatchObject({ reason: 'layer-mismatch' });
    expect(readdirSync(store.folder)).toEqual([]);
    expect(
      (await store.add({ ...wanted, open: () => inPieces(bytes) }, async () => [])).number,
    ).toBe(1);
  });

  it('finds its layers again, and removes what a crash left', async () => {
    const [layer] = await stored([{ name: 'a' }]);
    mkdirSync(join(store.folder, 'unfinished-x', 'deep'), { recursive: true });
    mkdirSync(join(store.folder, '7'));
    writeFileSync(join(store.folder, '8.json'), '{}');
    const again = await LayerStore.open(root);
    expect(again.list()).toEqual([layer]);
    expect(readdirSync(store.folder).sort()).toEqual(['1', '1.json']);
    await again.remove(1);
    expect(readdirSync(store.folder)).toEqual([]);
  });

  it('is open to nobody else', () => {
    expect(statSync(store.folder).mode & 0o777).toBe(0o700);
  });

  it('takes no root that mount options cannot name', async () => {
    await expect(LayerStore.open('/tmp/a:b')).rejects.toThrow(/which mount options cannot have/);
  });
});
