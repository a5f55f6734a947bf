import { randomUUID } from 'node:crypto';
import { chmod, lchown, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '@slipway/oci';
import { applyLayer, type ApplyOptions } from './apply-layer.ts';
import { RuntimeError } from './errors.ts';
import { runProgram } from './host-programs.ts';
import { parentOf } from '@slipway/layers';
import type { LayerFacts } from './rewrite-layer.ts';

/** An unpacked layer. */
export interface StoredLayer extends LayerFacts {
  /** The name of its folder. */
  readonly number: number;
  readonly diffId: Digest;
  /** Set when the layer took something from the layers below and stands for itself on top of those alone. */
  readonly chainId?: Digest;
}

export interface WantedLayer {
  readonly diffId: Digest;
  readonly chainId: Digest;
  /** The bytes of the layer as the registry has them; called when they are needed. */
  readonly open: (signal?: AbortSignal) => AsyncIterable<Uint8Array>;
}

/**
 * Unpacked layers, each once however many images have it.
 *
 *     <root>/layers/                 0700: what images hold is nobody's business
 *       7/                           the files, as overlayfs stacks them
 *       7.json                       StoredLayer; while it is missing the folder does not count
 *       unfinished-<uuid>/           being unpacked, or left by a crash and removed at the next start
 *
 * A layer is unpacked aside and takes its name when its digest is proven and its bytes are on the disk; the
 * `.json` comes last. One process at a time uses a root.
 */
export class LayerStore {
  readonly folder: string;
  readonly #layers = new Map<number, StoredLayer>();
  readonly #busy = new Map<string, Promise<unknown>>();
  #next = 1;

  private constructor(root: string) {
    this.folder = join(root, 'layers');
  }

  static async open(root: string): Promise<LayerStore> {
    if (/[:,\\]/.test(root)) {
      throw new RuntimeError(
        'config-invalid',
        `${root} has a ":", "," or "\\", which mount options cannot have`,
      );
    }
    const store = new LayerStore(root);
    await mkdir(store.folder, { recursive: true, mode: 0o700 });
    const names = new Set(await readdir(store.folder));
    for (const name of names) {
      const number = /^(\d+)\.json$/.exec(name)?.[1];
      if (number !== undefined && names.has(number)) {
        const text = await readFile(join(store.folder, name), 'utf8');
        store.#layers.set(Number(number), JSON.parse(text) as StoredLayer);
      }
    }
    for (const name of names) {
      if (!store.#layers.has(Number.parseInt(name))) await store.#discard(name);
    }
    store.#next = Math.max(0, ...store.#layers.keys()) + 1;
    return store;
  }

  list(): readonly StoredLayer[] {
    return [...this.#layers.values()];
  }

  get(number: number): StoredLayer | undefined {
    return this.#layers.get(number);
  }

  find({ diffId, chainId }: Pick<WantedLayer, 'diffId' | 'chainId'>): StoredLayer | undefined {
    return this.list().find(
      (layer) =>
        layer.diffId === diffId && (layer.chainId === undefined || layer.chainId === chainId),
    );
  }

  /** Unpacks a layer unless it is there; two who want the same one wait for each other. `below`: the lowest first. */
  async add(
    wanted: WantedLayer,
    below: () => Promise<readonly StoredLayer[]>,
    options: ApplyOptions = {},
  ): Promise<StoredLayer> {
    for (;;) {
      options.signal?.throwIfAborted();
      const found = this.find(wanted);
      if (found !== undefined) return found;
      const busy = this.#busy.get(wanted.diffId);
      if (busy === undefined) break;
      await busy.catch(() => undefined);
    }
    const work = this.#unpack(wanted, below, options);
    this.#busy.set(wanted.diffId, work);
    try {
      return await work;
    } finally {
      this.#busy.delete(wanted.diffId);
    }
  }

  async remove(number: number): Promise<void> {
    this.#layers.delete(number);
    await rm(join(this.folder, `${number}.json`), { force: true });
    await this.#discard(String(number));
  }

  async #unpack(
    wanted: WantedLayer,
    below: () => Promise<readonly StoredLayer[]>,
    options: ApplyOptions,
  ): Promise<StoredLayer> {
    const unfinished = join(this.folder, `unfinished-${randomUUID()}`);
    await mkdir(unfinished, { mode: 0o755 });
    try {
      const source = wanted.open(options.signal);
      const facts = await applyLayer(source, wanted.diffId, unfinished, options);
      const implicit = facts.implicit.length > 0;
      if (implicit) await this.#inherit(unfinished, facts, await below());
      await runProgram('sync', ['--file-system', unfinished]);
      const number = this.#next++;
      const layer = {
        number,
        diffId: wanted.diffId,
        ...(implicit && { chainId: wanted.chainId }),
        ...facts,
      };
      await rename(unfinished, join(this.folder, String(number)));
      await this.#record(layer);
      this.#layers.set(number, layer);
      return layer;
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  }

  /** Folders that no entry describes are as the nearest layer below has them, where it has them. */
  async #inherit(folder: string, facts: LayerFacts, below: readonly StoredLayer[]): Promise<void> {
    for (const path of facts.implicit) {
      if (isHidden(path, facts.opaque)) continue;
      const theirs = await this.#folderBelow(path, below);
      if (theirs === undefined) continue;
      const ours = bytePath(folder, path);
      await lchown(ours, theirs.uid, theirs.gid);
      await chmod(ours, theirs.mode & 0o7777);
    }
  }

  async #folderBelow(path: string, below: readonly StoredLayer[]) {
    for (const layer of [...below].reverse()) {
      const folder = join(this.folder, String(layer.number));
      for (let part = path; ; part = parentOf(part)) {
        const stat = await lstat(bytePath(folder, part)).catch(() => undefined);
        if (stat?.isDirectory()) {
          if (part === path) return stat;
          break;
        }
        if (stat !== undefined) return undefined;
        if (part === '') break;
      }
      if (isHidden(path, layer.opaque)) return undefined;
    }
    return undefined;
  }

  async #record(layer: StoredLayer): Promise<void> {
    const path = join(this.folder, `${layer.number}.json`);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(layer));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const folder = await open(this.folder);
    await folder.sync();
    await folder.close();
  }

  async #discard(name: string): Promise<void> {
    await rm(join(this.folder, name), { recursive: true, force: true });
  }
}

/** Whether one of these folders is on the way to the path, or is it. */
const isHidden = (path: string, opaque: readonly string[]): boolean =>
  opaque.some((each) => each === '' || each === path || path.startsWith(`${each}/`));

/** Names in archives are bytes, of which a string of UTF-8 could lose some. */
const bytePath = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
