import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkLibraries } from './postgres-binaries.ts';

test('links that the package should have and lacks are made, once, and others are left alone', async () => {
  const root = mkdtempSync(join(tmpdir(), 'postgres-binaries-'));
  const library = join(root, 'native', 'lib');
  mkdirSync(library, { recursive: true });
  writeFileSync(
    join(root, 'native', 'pg-symlinks.json'),
    JSON.stringify([
      { source: 'native/lib/libicuuc.so.60.2', target: 'native/lib/libicuuc.so.60' },
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
    ]),
  );
  writeFileSync(join(library, 'libicuuc.so.60.2'), '');
  writeFileSync(join(library, 'mine'), '');
  symlinkSync('mine', join(library, 'libpq.so.5'));

  await Promise.all([linkLibraries(root), linkLibraries(root)]);

  expect(readlinkSync(join(library, 'libicuuc.so.60'))).toBe('libicuuc.so.60.2');
  expect(readlinkSync(join(library, 'libpq.so.5'))).toBe('mine');
  rmSync(root, { recursive: true });
});
