import fc from 'fast-check';
import { LayerTree } from './layer-tree.ts';

function aTree(
  links: Readonly<Record<string, string>>,
  folders: readonly string[] = [],
): LayerTree {
  const tree = new LayerTree();
  for (const path of folders) tree.set(path, { kind: 'folder', explicit: true });
  for (const [path, target] of Object.entries(links))
    tree.set(path, { kind: 'symbolic-link', target });
  return tree;
}

describe('resolve', () => {
  it.each([
    ['usr/bin/x', 'usr/bin/x'],
    ['./usr//bin/./x', 'usr/bin/x'],
    ['/usr/bin/x', 'usr/bin/x'],
    ['usr/../bin/x', 'bin/x'],
    ['./', ''],
    ['/', ''],
    ['lib/x', 'usr/lib/x'],
    ['lib64/x', 'usr/lib/x'],
    ['lib', 'lib'],
    ['up/etc/passwd', 'etc/passwd'],
    ['root/etc/passwd', 'etc/passwd'],
    ['deep/x', 'x'],
  ])('places %s at %s', (name, path) => {
    const tree = aTree(
      { lib: 'usr/lib', lib64: '/lib', up: '../../..', root: '/', deep: 'usr/../usr/..' },
      ['usr'],
    );
    expect(tree.resolve(name).path).toBe(path);
  });

  it('names the folders that are missing, the outermost first', () => {
    expect(aTree({}, ['a']).resolve('a/b/c/d').missing).toEqual(['a/b', 'a/b/c']);
    expect(aTree({ l: 'x/y' }).resolve('l/z').missing).toEqual(['x', 'x/y']);
  });

  it.each(['..', '../x', 'a/../../x', '/../etc/passwd', './..'])(
    'refuses %s, which leads out',
    (name) => {
      expect(() => new LayerTree().resolve(name)).toThrow('leads out of the image');
    },
  );

  it('refuses links in a circle, a file as a folder, and names that no disk takes', () => {
    expect(() => aTree({ a: 'b', b: 'a' }).resolve('a/x')).toThrow('too many links');
    expect(() => aTree({ a: 'a' }).resolve('a/x')).toThrow('too many links');
    const tree = aTree({});
    tree.set('file', { kind: 'other' });
    expect(() => tree.resolve('file/x')).toThrow('is no folder');
    expect(() => tree.resolve('n'.repeat(256))).toThrow('too long');
    expect(() => tree.resolve('n/'.repeat(3000))).toThrow('too long');
    expect(() => tree.resolve('a\0b')).toThrow('NUL');
  });

  it('never places anything outside, or behind a link, whatever links there are', () => {
    const target = fc.stringMatching(/^[a-c./]{0,8}$/);
    const path = fc.stringMatching(/^[a-c](\/[a-c]){0,3}$/);
    fc.assert(
      fc.property(
        fc.dictionary(path, target),
        fc.stringMatching(/^[a-c./]{0,12}$/),
        (links, name) => {
          const tree = aTree(links);
          let placed: string;
          try {
            placed = tree.resolve(name).path;
          } catch {
            return;
          }
          const components = placed.split('/');
          expect(placed === '' || components.every((each) => !['', '.', '..'].includes(each))).toBe(
            true,
          );
          for (let n = 1; n < components.length; n++) {
            expect(tree.get(components.slice(0, n).join('/'))?.kind).not.toBe('symbolic-link');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test('a folder that something lies in stays one, and an empty one need not', () => {
  const tree = aTree({ 'a/b/link': '/' }, ['a', 'a/b', 'ab']);
  expect(() => tree.set('a', { kind: 'other' })).toThrow('is a folder with something in it');
  tree.set('ab', { kind: 'other' });
  tree.set('a', { kind: 'folder', explicit: true });
  expect(tree.get('a/b/link')).toBeDefined();
});
