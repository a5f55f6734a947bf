import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image as a folder: `oci-layout`, `index.json` and `blobs/sha256/<hex>`. */
export class OciLayout {
  readonly folder: string;
  readonly #tagged: Descriptor[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(folder: string): Promise<OciLayout> {
    await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    return new OciLayout(folder);
  }

  async addJson(mediaType: string, value: unknown): Promise<Descriptor> {
    return this.add(mediaType, Buffer.from(JSON.stringify(value)));
  }

  async add(mediaType: string, bytes: Buffer): Promise<Descriptor> {
    return this.addStream(mediaType, Readable.from([bytes]));
  }

  async addStream(mediaType: string, bytes: Readable): Promise<Descriptor> {
    const hash = createHash('sha256');
    let size = 0;
    const unnamed = join(this.folder, `blobs/sha256/${randomUUID()}`);
    await pipeline(
      bytes,
      async function* (source: AsyncIterable<Buffer>) {
        for await (const piece of source) {
          hash.update(piece);
          size += piece.length;
          yield piece;
        }
      },
      createWriteStream(unnamed),
    );
    const digest = `sha256:${hash.digest('hex')}`;
    await rename(unnamed, blobPath(this.folder, digest));
    return { mediaType, digest, size };
  }

  async tag(name: string, descriptor: Descriptor): Promise<void> {
    this.#tagged.push({
      ...descriptor,
      annotations: { 'org.opencontainers.image.ref.name': name },
    });
    await writeFile(
      join(this.folder, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: this.#tagged }),
    );
  }
}

export const blobPath = (folder: string, digest: string): string =>
  join(folder, 'blobs', digest.replace(':', '/'));

/**
 * Everything reachable from the layout's only entry, the entry first: digest and size of each blob
 * and manifest, every one of them read and hashed. Rejects when a byte is missing or wrong.
 */
export async function contentOfLayout(folder: string): Promise<string[]> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as {
    manifests: Descriptor[];
  };
  const found = new Set<string>();
  const visit = async (descriptor: Descriptor): Promise<void> => {
    const line = `${descriptor.digest} ${descriptor.size}`;
    if (found.has(line)) return;
    found.add(line);
    const path = blobPath(folder, descriptor.digest);
    const digest = await sha256Of(createReadStream(path));
    if (digest !== descriptor.digest) throw new Error(`${path} has the digest ${digest}`);
    if (!isManifest(descriptor)) return;
    for (const next of successors(await readFile(path))) await visit(next);
  };
  for (const entry of index.manifests) await visit(entry);
  return [...found];
}

export const isManifest = ({ mediaType }: Descriptor): boolean =>
  /\.(manifest|index|manifest\.list)\.v[12]\+json$/.test(mediaType);

/** What a manifest's own image consists of; its subject is another image. */
export function successors(manifest: Buffer): Descriptor[] {
  const { config, layers, manifests } = JSON.parse(manifest.toString('utf8')) as {
    config?: Descriptor;
    layers?: Descriptor[];
    manifests?: Descriptor[];
  };
  return [...(config === undefined ? [] : [config]), ...(layers ?? []), ...(manifests ?? [])];
}

export async function sha256Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bytes) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}
