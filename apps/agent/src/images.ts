import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ImageName,
  imageNameText,
  parseImageName,
  readBlob,
  RemoteRegistry,
  resolveImage,
  type ResolvedImage,
} from '@slipway/client';
import {
  type Digest,
  type ImageConfig,
  parseDigest,
  parseImageConfig,
  type Platform,
  platformText,
} from '@slipway/oci';
import {
  chainIds,
  type Gunzip,
  hostArchitecture,
  type LayerStore,
  type StoredLayer,
} from '@slipway/runtime';
import { z } from 'zod';
import type { SignIns } from './credentials.ts';
import { AgentError } from './errors.ts';
import { readState, writeState } from './state-file.ts';

const digest = z.string().transform((text, context): Digest => {
  const parsed = parseDigest(text);
  if (parsed !== undefined) return parsed;
  context.addIssue('is not a digest');
  return z.NEVER;
});

const imageShape = z.object({
  /** What the name stood for when it was pulled: an index's digest or the manifest's. */
  target: digest,
  digest,
  configDigest: digest,
  /** The config, byte for byte, in base64. */
  config: z.string(),
  layers: z.array(digest),
  pulled: z.string(),
});
const namesShape = z.record(z.string(), digest);

export type ImageRecord = z.infer<typeof imageShape>;

export interface LocalImage extends ImageRecord {
  readonly names: readonly string[];
  readonly size: number;
}

export interface PullEvent {
  readonly layer: string;
  readonly state: 'pulling' | 'present' | 'done';
  readonly size: number;
}

/** Layers of one image on their way at once. */
const AT_ONCE = 3;

/**
 * The images of this host.
 *
 *     <root>/names.json              name -> digest of the manifest
 *     <root>/images/<hex>.json       ImageRecord, by the manifest's digest
 */
export class Images {
  readonly #root: string;
  readonly #layers: LayerStore;
  readonly #signIns: SignIns;
  readonly #gunzip: Gunzip | undefined;
  #pulling = 0;

  constructor(root: string, layers: LayerStore, signIns: SignIns, gunzip: Gunzip | undefined) {
    this.#root = root;
    this.#layers = layers;
    this.#signIns = signIns;
    this.#gunzip = gunzip;
  }

  async pull(
    text: string,
    platform: Platform | undefined,
    tell: (event: PullEvent) => void,
    signal: AbortSignal,
  ): Promise<ImageRecord> {
    const name = nameOf(text);
    const credentials = await this.#signIns.credentials(name.host);
    const registry = new RemoteRegistry(name.host, { credentials });
    const wanted = platform ?? { os: 'linux', architecture: hostArchitecture() };
    this.#pulling++;
    try {
      const image = await resolveImage(registry, name, wanted, signal);
      checkPlatform(image.config, wanted, text);
      await this.#pullLayers(registry, name, image, tell, signal);
      const record = {
        target: image.target,
        digest: image.digest,
        configDigest: image.configDigest,
        config: image.configBytes.toString('base64'),
        layers: image.layers.map(({ diffId }) => diffId),
        pulled: new Date().toISOString(),
      };
      await writeState(this.#pathOf(image.digest), record);
      await this.#changeNames((names) => ({ ...names, [imageNameText(name)]: image.digest }));
      return record;
    } finally {
      this.#pulling--;
    }
  }

  async list(): Promise<readonly LocalImage[]> {
    const names = Object.entries(await this.#names());
    const files = await readdir(join(this.#root, 'images')).catch(() => []);
    const records = await Promise.all(
      files
        .filter((file) => file.endsWith('.json'))
        .map((file) => readState(join(this.#root, 'images', file), imageShape)),
    );
    return records.flatMap((record) => {
      if (record === undefined) return [];
      const own = names.filter(([, each]) => each === record.digest).map(([name]) => name);
      const size = this.layersOf(record)?.reduce((total, layer) => total + layer.size, 0) ?? 0;
      return [{ ...record, names: own, size }];
    });
  }

  /** By name, by digest, or by the first digits of the image's id. */
  async find(text: string): Promise<LocalImage | undefined> {
    const all = await this.list();
    const hex = text.replace(/^sha256:/, '');
    const byId = /^[0-9a-f]{4,64}$/.test(hex)
      ? all.filter((image) =>
          [image.configDigest, image.digest].some((each) => each.startsWith(`sha256:${hex}`)),
        )
      : [];
    if (byId.length === 1) return byId[0];
    const parsed = parseImageName(text);
    if ('problem' in parsed) return undefined;
    const { name } = parsed;
    return all.find(
      (image) =>
        image.names.includes(imageNameText(name)) ||
        (name.digest !== undefined && [image.digest, image.target].includes(name.digest)),
    );
  }

  /** The unpacked layers, the lowest first; `undefined` when one is missing. */
  layersOf({ layers }: Pick<ImageRecord, 'layers'>): readonly StoredLayer[] | undefined {
    const chain = chainIds(layers);
    const found = layers.map((diffId, n) =>
      this.#layers.find({ diffId, chainId: chain[n] ?? diffId }),
    );
    const all = found.filter((layer) => layer !== undefined);
    return all.length === layers.length ? all : undefined;
  }

  /** Takes a name away, and the image with its last one; `used` are layers that containers stand on. */
  async remove(image: LocalImage, text: string, used: ReadonlySet<number>): Promise<string[]> {
    const parsed = parseImageName(text);
    const name = 'name' in parsed ? imageNameText(parsed.name) : '';
    const gone = image.names.includes(name) ? [name] : image.names;
    await this.#changeNames((names) =>
      Object.fromEntries(Object.entries(names).filter(([each]) => !gone.includes(each))),
    );
    if (gone.length < image.names.length) return gone.map((each) => `Untagged: ${each}`);
    await rm(this.#pathOf(image.digest), { force: true });
    await this.#sweep(() => used);
    return [...gone.map((each) => `Untagged: ${each}`), `Deleted: ${image.configDigest}`];
  }

  /** Another name for an image that is here. */
  async tag({ digest }: LocalImage, text: string): Promise<void> {
    const name = nameOf(text);
    if (name.digest !== undefined) {
      throw new AgentError('invalid', `${text} has a digest, which nobody can choose`);
    }
    await this.#changeNames((names) => ({ ...names, [imageNameText(name)]: digest }));
  }

  /**
   * Removes images that have no name, or with `all` those of no container, and layers of neither. `used` says what
   * containers have at the time.
   */
  async prune(
    all: boolean,
    used: () => { readonly images: ReadonlySet<string>; readonly layers: ReadonlySet<number> },
  ): Promise<{ readonly lines: string[]; readonly size: number }> {
    if (this.#pulling > 0) {
      throw new AgentError('conflict', 'an image is being pulled: prune when it is here');
    }
    const lines: string[] = [];
    for (const { digest, configDigest, names } of await this.list()) {
      if (used().images.has(digest) || (names.length > 0 && !all)) continue;
      await this.#changeNames((before) =>
        Object.fromEntries(Object.entries(before).filter(([, each]) => each !== digest)),
      );
      await rm(this.#pathOf(digest), { force: true });
      lines.push(...names.map((name) => `Untagged: ${name}`), `Deleted: ${configDigest}`);
    }
    return { lines, size: await this.#sweep(() => used().layers) };
  }

  /** Removes layers of no image and no container, and returns their size; a pull may be about to need any of them. */
  async #sweep(used: () => ReadonlySet<number>): Promise<number> {
    const kept = new Set<number>();
    for (const image of await this.list()) {
      for (const { number } of this.layersOf(image) ?? []) kept.add(number);
    }
    let freed = 0;
    for (const { number, size } of this.#layers.list()) {
      if (this.#pulling > 0) break;
      if (kept.has(number) || used().has(number)) continue;
      await this.#layers.remove(number);
      freed += size;
    }
    return freed;
  }

  async #pullLayers(
    registry: RemoteRegistry,
    name: ImageName,
    image: ResolvedImage,
    tell: (event: PullEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const chain = chainIds(image.config.diffIds);
    const started: Promise<StoredLayer>[] = [];
    const one = async (index: number): Promise<StoredLayer> => {
      const layer = image.layers[index];
      if (layer === undefined) throw new Error(`there is no layer ${index}`);
      const { descriptor, diffId } = layer;
      const wanted = {
        diffId,
        chainId: chain[index] ?? diffId,
        open: () => readBlob(registry, name.repository, descriptor, stop),
      };
      const event = { layer: descriptor.digest, size: descriptor.size };
      const present = this.#layers.find(wanted);
      tell({ ...event, state: present === undefined ? 'pulling' : 'present' });
      const below = async () => Promise.all(started.slice(0, index));
      const options = { gunzip: this.#gunzip, signal: stop };
      const stored = present ?? (await this.#layers.add(wanted, below, options));
      if (present === undefined) tell({ ...event, state: 'done' });
      return stored;
    };
    // In order, so that what a layer stands on is always under way before it.
    const running = new Set<Promise<unknown>>();
    try {
      for (let index = 0; index < image.layers.length; index++) {
        const work = one(index);
        started.push(work);
        const settled: Promise<unknown> = work
          .catch((error: unknown) => failed.abort(error))
          .then(() => running.delete(settled));
        running.add(settled);
        if (running.size >= AT_ONCE) await Promise.race(running);
        if (failed.signal.aborted) break;
      }
      await Promise.all(started);
    } catch (error) {
      await Promise.allSettled(started);
      throw failed.signal.aborted ? failed.signal.reason : error;
    }
  }

  async #names(): Promise<z.infer<typeof namesShape>> {
    return (await readState(join(this.#root, 'names.json'), namesShape)) ?? {};
  }

  #changing: Promise<void> = Promise.resolve();

  /** One after the other: two pulls that end at once must both be named. */
  async #changeNames(
    change: (names: z.infer<typeof namesShape>) => Readonly<Record<string, Digest>>,
  ): Promise<void> {
    const before = this.#changing;
    this.#changing = (async () => {
      await before.catch(() => undefined);
      await writeState(join(this.#root, 'names.json'), change(await this.#names()));
    })();
    await this.#changing;
  }

  #pathOf(manifest: Digest): string {
    return join(this.#root, 'images', `${manifest.replace(':', '-')}.json`);
  }
}

export function configOf(image: Pick<ImageRecord, 'config'>): ImageConfig {
  const parsed = parseImageConfig(Buffer.from(image.config, 'base64'));
  if ('config' in parsed) return parsed.config;
  throw new AgentError('invalid', `the image's config cannot be read: ${parsed.problem}`);
}

function nameOf(text: string): ImageName {
  const parsed = parseImageName(text);
  if ('name' in parsed) return parsed.name;
  throw new AgentError('invalid', parsed.problem);
}

/** A manifest that is no index may be of any platform. */
function checkPlatform({ platform }: ImageConfig, wanted: Platform, text: string): void {
  if (platform.os === wanted.os && platform.architecture === wanted.architecture) return;
  throw new AgentError(
    'invalid',
    `${text} is for ${platformText(platform)}, and this would run ${platformText(wanted)}`,
  );
}

/** The host's own resolver and names, for containers that share its network. */
export const hostFile = async (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(() => '');
