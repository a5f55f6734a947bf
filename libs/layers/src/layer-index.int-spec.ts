import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { keyOf, type LayerEntry, pathOf } from './layer-entry.ts';
import { MergedFiles } from './merged-files.ts';
import { readFileOf } from './read-file.ts';
import { each, indexed, listed } from './testing/files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-layers-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const shell = (script: string) =>
  execFileSync('sh', ['-ec', script], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
const MADE = `mkdir -p usr/bin etc; printf hello > usr/bin/tool; chmod 4755 usr/bin/tool
  ln usr/bin/tool usr/bin/other; ln -s ../usr etc/link; mkfifo pipe
  mkdir -p ${'long-name-of-a-folder/'.repeat(8)}; printf deep > ${'long-name-of-a-folder/'.repeat(8)}file
  truncate -s 3M holes; printf middle | dd of=holes bs=1 seek=1500000 conv=notrunc status=none`;

const found = async (bytes: Buffer) =>
  new Map(
    (await listed(new MergedFiles([await indexed(bytes)]).all())).map(({ entry }) => [
      pathOf(entry.key),
      entry,
    ]),
  );
const content = async (bytes: Buffer, entry: LayerEntry | undefined) => {
  if (entry === undefined) throw new Error('there is no such entry');
  return Buffer.concat(await listed(readFileOf(each([bytes]), entry)));
};

test.each(['posix', 'gnu', 'pax --sparse', 'gnu --sparse', 'posix --sparse --sparse-version=0.1'])(
  'what GNU tar writes as %s is found again, and read',
  async (format) => {
    shell(MADE);
    const bytes = shell(`tar --format=${format} -cf - usr etc pipe holes long-name-of-a-folder`);
    const deep = `${'long-name-of-a-folder/'.repeat(8)}file`;
    for (const packed of [bytes, gzipSync(bytes), zstdCompressSync(bytes)]) {
      const files = await found(packed);
      expect(files.get('usr/bin/tool')?.mode ?? files.get('usr/bin/other')?.mode).toBe(0o4755);
      expect(files.get('etc/link')).toMatchObject({ type: 'symbolic-link', link: '../usr' });
      expect(files.get('pipe')?.type).toBe('fifo');
      const links = ['usr/bin/tool', 'usr/bin/other'].map((path) => files.get(path));
      expect(links.map((entry) => entry?.type).sort()).toEqual(['file', 'hard-link']);
      expect(String(await content(packed, files.get(deep)))).toBe('deep');
      const holes = files.get('holes');
      expect(holes?.size).toBe(3 * 1024 * 1024);
      const read = await content(packed, holes);
      expect(read.length).toBe(3 * 1024 * 1024);
      expect(read.indexOf('middle')).toBe(1_500_000);
    }
  },
);

test('content is not taken from another archive', async () => {
  shell('printf one > a; printf three > b');
  const files = await found(shell('tar -cf - a'));
  await expect(content(shell('tar -cf - b'), files.get('a'))).rejects.toThrow('not what its index');
});

test('200 000 files in no order are indexed in 64 MB of heap', async () => {
  const worker = new Worker(new URL('./testing/index-many.ts', import.meta.url), {
    workerData: { count: 200_000 },
    resourceLimits: { maxOldGenerationSizeMb: 64 },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [facts] = (await once(worker, 'message')) as [{ readonly size: number }];
  await worker.terminate();
  // Files, packages with their dist, and the four folders around.
  expect(facts).toMatchObject({ entries: 200_000 + 2 * 997 + 4, size: (200_000 * 199_999) / 2 });
}, 180_000);

test('a folder is listed page by page as a whole', async () => {
  shell('mkdir d; cd d; seq 1 500 | xargs touch');
  const files = new MergedFiles([await indexed(shell('tar -cf - d'))]);
  const names: string[] = [];
  for (let after: string | undefined; ;) {
    const page: string[] = [];
    for await (const { entry } of files.in(keyOf('d'), after))
      if (page.push(entry.key) === 7) break;
    names.push(...page);
    after = page.at(-1);
    if (after === undefined) break;
  }
  expect(names).toHaveLength(500);
  expect(new Set(names).size).toBe(500);
});
