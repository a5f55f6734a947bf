import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { blobStoreContract } from './blob-store.contract.ts';
import { StorageFullError, StorageUnavailableError } from './errors.ts';
import { FilesystemBlobStore } from './filesystem.ts';
import { parseStorageKey, type StorageKey } from './storage-key.ts';

const MIB = 1024 * 1024;

/** Syncs and new processes take long on a busy machine. */
const PATIENCE = 60_000;

const scratch = await mkdtemp(join(tmpdir(), 'slipway-storage-'));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const common = join(scratch, 'contract');
blobStoreContract('FilesystemBlobStore', () => FilesystemBlobStore.open(common));

describe('the layout', () => {
  it('puts a blob under the first two characters of its key, as one file from its first byte on', async () => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    const key = aKey();
    const ingest = await store.ingest(key);
    await ingest.append(each([Buffer.from('hello')]));
    const shard = join(root, 'blobs', key.slice(0, 2));
    expect(await readdir(shard)).toEqual([key]);
    const { ino } = await stat(join(shard, key));
    await ingest.commit();
    await ingest.close();
    expect(await readdir(shard)).toEqual([key]);
    expect((await stat(join(shard, key))).ino).toBe(ino);
    expect(await readFile(join(shard, key), 'utf8')).toBe('hello');
    await store.delete(key);
    expect(await readdir(shard)).toEqual([]);
  });

  it('is made when the root is missing, and found again when it is not', async () => {
    const root = join(aFolder(), 'a', 'b');
    const key = await aBlob(await FilesystemBlobStore.open(root), Buffer.from('kept'));
    expect(await readdir(join(root, 'blobs'))).toHaveLength(256);
    expect(await (await FilesystemBlobStore.open(root)).stat(key)).toEqual({ size: 4 });
  });

  it('keeps nothing of a check', async () => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    await store.check();
    expect(await readdir(join(root, 'blobs'))).toHaveLength(256);
  });
});

describe('a write that was deleted', () => {
  it('leaves no file when somebody commits it', async () => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    const key = aKey();
    const ingest = await store.ingest(key);
    await store.delete(key);
    await expect(ingest.commit()).rejects.toThrow('was deleted');
    await ingest.close();
    expect(await readdir(join(root, 'blobs', key.slice(0, 2)))).toEqual([]);
  });
});

describe('a slow source', () => {
  it('has its bytes on the disk before the next come', async () => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    const key = aKey();
    const ingest = await store.ingest(key);
    let seen = 0;
    async function* trickle(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first');
      await wait(1000);
      seen = (await stat(join(root, 'blobs', key.slice(0, 2), key))).size;
      yield Buffer.from('second');
    }
    expect(await ingest.append(trickle())).toBe(11);
    expect(seen).toBe(5);
    await ingest.close();
  });
});

describe('a disk that refuses', () => {
  it.each([
    ['a file stands where a shard should be', 'ENOTDIR', (shard: string) => writeFile(shard, '')],
    ['a shard is gone, as when the disk is not mounted', 'ENOENT', () => Promise.resolve()],
  ])('is named when %s, and used again afterwards', async (_case, code, damage) => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    const key = await aBlob(store, Buffer.from('kept'));
    const shard = join(root, 'blobs', key.slice(0, 2));
    await rename(shard, `${shard}-away`);
    await damage(shard);
    const attempts = [store.stat(key), store.open(key), store.ingest(key), store.delete(key)];
    for (const outcome of await Promise.allSettled(attempts)) {
      expect(outcome).toMatchObject({ status: 'rejected' });
      const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
      expect(reason).toBeInstanceOf(StorageUnavailableError);
      expect(reason).toHaveProperty('message', expect.stringContaining(shard));
      expect(reason).toHaveProperty('cause.code', code);
    }
    await rm(shard, { force: true });
    await rename(`${shard}-away`, shard);
    expect(await store.stat(key)).toEqual({ size: 4 });
  });

  it('is named by check when the folder is gone', async () => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    await rename(root, `${root}-away`);
    await expect(store.check()).rejects.toThrow(StorageUnavailableError);
    await rename(`${root}-away`, root);
    await store.check();
  });

  it('is named when its file is shorter than it was', async () => {
    const root = aFolder();
    const store = await FilesystemBlobStore.open(root);
    const key = await aBlob(store, Buffer.alloc(2 * MIB));
    const reader = await store.open(key);
    await truncate(join(root, 'blobs', key.slice(0, 2), key), MIB);
    const sending = sendThroughHttp((response) => reader?.send(response));
    await expect(sending).rejects.toThrow(StorageUnavailableError);
    await reader?.close();
  });

  const mounts = canMount() ? it : it.skip;

  mounts(
    'keeps what fitted on a full disk, and goes on once there is room (needs root)',
    async () => {
      await withMount(['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs'], async (root) => {
        const store = await FilesystemBlobStore.open(root);
        const ballast = await aBlob(store, Buffer.alloc(2 * MIB));
        const key = aKey();
        const bytes = Buffer.from(Array.from({ length: 3 * MIB }, (_, n) => n % 251));
        const ingest = await store.ingest(key);
        const failure: unknown = await ingest
          .append(each(pieces(bytes, 10_000)))
          .catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(StorageFullError);
        expect(failure).toHaveProperty('message', expect.stringContaining(key));
        expect(failure).toHaveProperty('cause.code', 'ENOSPC');
        const kept = ingest.size;
        expect(kept).toBeGreaterThan(MIB);
        expect((await stat(join(root, 'blobs', key.slice(0, 2), key))).size).toBe(kept);
        await ingest.close();
        await expect(store.check()).rejects.toThrow(StorageFullError);

        await store.delete(ballast);
        await store.check();
        const again = await store.ingest(key);
        expect(again.size).toBe(kept);
        await again.append(each(pieces(bytes.subarray(kept), 10_000)));
        await again.commit();
        expect(Buffer.compare(await buffer(again.read()), bytes)).toBe(0);
        await again.close();
      });
    },
  );

  mounts('hears of a full disk at once, though the source has stopped (needs root)', async () => {
    await withMount(['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs'], async (root) => {
      const store = await FilesystemBlobStore.open(root);
      const ingest = await store.ingest(aKey());
      async function* stalls(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(3 * MIB);
        await wait(60_000, undefined, { ref: false });
      }
      await expect(ingest.append(stalls())).rejects.toThrow(StorageFullError);
      await ingest.close();
    });
  });

  mounts('serves from a read-only disk, takes nothing, and recovers (needs root)', async () => {
    await withMount(['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs'], async (root) => {
      const store = await FilesystemBlobStore.open(root);
      const key = await aBlob(store, Buffer.from('kept'));
      system('mount', ['-o', 'remount,ro', root]);
      for (const refused of [store.check(), store.ingest(aKey()), store.delete(key)]) {
        await expect(refused).rejects.toThrow(StorageUnavailableError);
      }
      await expect(FilesystemBlobStore.open(join(root, 'other'))).rejects.toThrow(/read-only/);
      expect(await store.stat(key)).toEqual({ size: 4 });
      system('mount', ['-o', 'remount,rw', root]);
      await store.check();
      await aBlob(store, Buffer.from('new'));
    });
  });

  const loops = canMount() && canLoop() ? it : it.skip;

  loops(
    'commits nothing whose sync failed, not even the second time (needs root, loop)',
    async () => {
      await withLyingDisk(async (root) => {
        const store = await FilesystemBlobStore.open(root);
        const key = aKey();
        const ingest = await store.ingest(key);
        await ingest.append(each(pieces(Buffer.alloc(32 * MIB, 'x'), MIB)));
        await expect(ingest.commit()).rejects.toThrow(StorageFullError);
        expect(ingest.size).toBe(0);
        await ingest.close();
        const again = await store.ingest(key);
        expect(again.size).toBe(0);
        await again.close();
      });
    },
  );

  loops('ends a long append soon after a sync failed (needs root, loop)', async () => {
    await withLyingDisk(async (root) => {
      const store = await FilesystemBlobStore.open(root);
      const key = aKey();
      const ingest = await store.ingest(key);
      const chunk = Buffer.alloc(MIB, 'x');
      let taken = 0;
      async function* long(): AsyncGenerator<Uint8Array> {
        for (; taken < 180; taken++) {
          yield chunk;
          await wait(5);
        }
      }
      await expect(ingest.append(long())).rejects.toThrow(StorageFullError);
      expect(taken).toBeGreaterThan(60);
      expect(taken).toBeLessThan(180);
      expect(ingest.size).toBe(0);
      await ingest.close();
      expect((await stat(join(root, 'blobs', key.slice(0, 2), key))).size).toBe(0);
    });
  });
});

describe('a process that is killed', () => {
  it(
    'leaves a prefix that another one finishes',
    async () => {
      for (const milliseconds of [30, 90, 150]) {
        const root = aFolder();
        const key = aKey();
        const child = appendForever(root, key);
        const exited = once(child, 'exit');
        try {
          await sizeAbove(0, root, key);
          await wait(milliseconds);
        } finally {
          child.kill('SIGKILL');
          await exited;
        }

        const store = await FilesystemBlobStore.open(root);
        const ingest = await store.ingest(key);
        const kept = ingest.size;
        expect(kept).toBeGreaterThan(0);
        const size = kept + 3_000_001;
        expect(Buffer.compare(await buffer(ingest.read()), pattern(0, kept))).toBe(0);
        await ingest.append(each([pattern(kept, size)]));
        await ingest.commit();
        await ingest.close();
        const reader = await store.open(key);
        const back = await sendThroughHttp((response) => reader?.send(response));
        expect(Buffer.compare(back, pattern(0, size))).toBe(0);
        await reader?.close();
        await rm(root, { recursive: true });
      }
    },
    PATIENCE,
  );

  /** A process that appends `pattern` in pieces of 5000 bytes until it is killed. */
  function appendForever(root: string, key: StorageKey): ChildProcess {
    const script = `
      const { FilesystemBlobStore } = await import(${JSON.stringify(import.meta.dirname)} + '/filesystem.ts');
      const store = await FilesystemBlobStore.open(${JSON.stringify(root)});
      const ingest = await store.ingest(${JSON.stringify(key)});
      const chunk = (start) => Buffer.from(Array.from({ length: 5000 }, (_, n) => (start + n) % 251));
      async function* forever() {
        for (let at = 0; ; at += 5000) {
          yield chunk(at % 251);
          if (at % 1_000_000 === 0) await new Promise(setImmediate);
        }
      }
      await ingest.append(forever());`;
    return spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  function pattern(start: number, stop: number): Buffer {
    const bytes = Buffer.allocUnsafe(stop - start);
    for (let n = 0; n < bytes.length; n++) bytes[n] = (start + n) % 251;
    return bytes;
  }

  async function sizeAbove(size: number, root: string, key: StorageKey): Promise<void> {
    for (let tries = 0; tries < 500; tries++) {
      const found = await stat(join(root, 'blobs', key.slice(0, 2), key)).catch(() => undefined);
      if (found !== undefined && found.size > size) return;
      await wait(10);
    }
    throw new Error('the process wrote nothing');
  }
});

describe('open files', () => {
  it(
    'are as many as before after transfers that ended in every way',
    async () => {
      const store = await FilesystemBlobStore.open(aFolder());
      const key = await aBlob(store, Buffer.alloc(8 * MIB));
      const round = async (): Promise<void> => {
        await store.stat(key);
        await store.stat(aKey());
        await store.open(aKey());
        await store.check();
        await aBlob(store, Buffer.alloc(1000));
        const broken = aKey();
        const ingest = await store.ingest(broken);
        await expect(ingest.append(fails())).rejects.toThrow('gone');
        await ingest.close();
        await store.delete(broken);
        await sendThroughHttp(async (response) => {
          const reader = await store.open(key);
          await reader?.send(response);
          await reader?.close();
        });
        await expect(
          sendThroughHttp(async (response) => {
            const reader = await store.open(key);
            setImmediate(() => response.destroy());
            try {
              await reader?.send(response);
            } finally {
              await reader?.close();
            }
          }),
        ).rejects.toThrow('closed before the last byte');
      };
      await round();
      const before = await openFiles();
      for (let n = 0; n < 10; n++) await round();
      expect(await openFiles()).toEqual(before);
    },
    PATIENCE,
  );

  async function* fails(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(100_000);
    throw new Error('gone');
  }

  /** Those below the scratch folder, deleted ones too. */
  async function openFiles(): Promise<string[]> {
    const links = await readdir('/proc/self/fd');
    const targets = await Promise.all(
      links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => '')),
    );
    return targets.filter((target) => target.startsWith(scratch));
  }
});

function aFolder(): string {
  return join(scratch, randomUUID());
}

function aKey(): StorageKey {
  return parseStorageKey(randomUUID());
}

async function aBlob(store: FilesystemBlobStore, bytes: Uint8Array): Promise<StorageKey> {
  const key = aKey();
  const ingest = await store.ingest(key);
  await ingest.append(each([bytes]));
  await ingest.commit();
  await ingest.close();
  return key;
}

async function* each(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

/** What a client gets of a response that `send` writes; throws what `send` throws. */
async function sendThroughHttp(
  send: (response: ServerResponse) => Promise<void> | undefined,
): Promise<Buffer> {
  let sent: Promise<void> | undefined;
  const server = createServer((_request, response) => {
    sent = Promise.resolve(send(response)).finally(() => response.end());
    sent.catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const received = await new Promise<Buffer>((resolve) => {
      const request = get({ host: '127.0.0.1', port, agent: false }, (response) => {
        buffer(response).then(resolve, () => resolve(Buffer.alloc(0)));
      });
      request.on('error', () => resolve(Buffer.alloc(0)));
    });
    await sent;
    return received;
  } finally {
    server.close();
    await once(server, 'close');
  }
}

function canMount(): boolean {
  return process.getuid?.() === 0 && runs('unshare', ['--mount', 'true']);
}

function canLoop(): boolean {
  return runs('losetup', ['--find']) && runs('mkfs.ext4', ['-V']);
}

function system(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    system(command, args);
    return true;
  } catch {
    return false;
  }
}

/** A disk that seems to have room for 256 MiB and loses at its next sync what does not go into 8. */
async function withLyingDisk(work: (root: string) => Promise<void>): Promise<void> {
  await withMount(['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs'], async (small) => {
    const image = join(small, 'image');
    await writeFile(image, '');
    await truncate(image, 256 * MIB);
    system('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=1', '-O', '^has_journal', image]);
    await withMount(['-o', 'loop,errors=continue', image], work);
  });
}

async function withMount(
  args: readonly string[],
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = aFolder();
  await mkdir(folder);
  system('mount', [...args, folder]);
  try {
    await work(folder);
  } finally {
    system('umount', ['--lazy', folder]);
  }
}
