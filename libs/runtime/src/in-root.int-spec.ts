import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInRoot, resolveInRoot } from './in-root.ts';

let parent = '';
let root = '';
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'slipway-test-root-'));
  root = join(parent, 'root');
  mkdirSync(join(root, 'real/etc'), { recursive: true });
  writeFileSync(join(parent, 'secret'), "the host's");
  writeFileSync(join(root, 'real/etc/passwd'), "the image's");
  for (const [name, target] of [
    ['etc', '/real/etc'],
    ['out', '../secret'],
    ['far', '/../../secret'],
    ['loop', 'loop'],
    ['host', join(parent, 'secret')],
  ] as const) {
    symlinkSync(target, join(root, name));
  }
  execFileSync('mkfifo', [join(root, 'fifo')]);
  writeFileSync(join(root, 'large'), Buffer.alloc(2000));
});
afterAll(() => rmSync(parent, { recursive: true }));

const read = (path: string) => readInRoot(root, path, 1000);

test('a file is read through the links of its image', async () => {
  expect(await resolveInRoot(root, '/etc/passwd')).toBe('/real/etc/passwd');
  expect(await read('/etc/passwd')).toBe("the image's");
});

test.each(['/out', '/far', '/host', '/../secret', '/none', '/fifo', '/real', '/real/etc/passwd/x'])(
  '%s is no file of the image',
  async (path) => expect(await read(path)).toBeUndefined(),
);

test('links in a circle and large files are refused', async () => {
  await expect(read('/loop')).rejects.toMatchObject({ reason: 'rootfs-invalid' });
  await expect(read('/large')).rejects.toThrow(/larger than 1000/);
});
