import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { blobPath, isManifest, sha256Of, successors, type Descriptor } from './oci-layout.ts';
import { manifestTypes, type Image } from './images.ts';

interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** The registry as its specification shows it, read and written without any client in between. */
export interface Registry {
  manifest(repository: string, reference: string): Promise<StoredManifest>;
  tags(repository: string): Promise<string[]>;
  referrers(repository: string, digest: string): Promise<Descriptor[]>;
  /**
   * Everything reachable from a manifest, the manifest first: digest and size of each blob and
   * manifest, every one of them read and hashed. Rejects when a byte is missing or wrong.
   */
  content(repository: string, reference: string): Promise<string[]>;
  /** Pushes an image as it lies on disk, tagged `latest` unless told otherwise. */
  push(image: Image, repository: string, reference?: string): Promise<void>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export function registryAt(url: string, username: string, password: string): Registry {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  const request = (path: string, { headers, ...init }: RequestInit = {}) =>
    fetch(new URL(path, url), {
      ...init,
      headers: { authorization, ...(headers as Record<string, string> | undefined) },
    });

  const expectStatus = async (path: string, status: number, init?: RequestInit) => {
    const response = await request(path, init);
    if (response.status === status) return response;
    const method = init?.method ?? 'GET';
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };

  const manifest = async (repository: string, reference: string): Promise<StoredManifest> => {
    const response = await expectStatus(`/v2/${repository}/manifests/${reference}`, 200, {
      headers: { accept: manifestTypes },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const digest = await sha256Of([bytes] as unknown as AsyncIterable<Uint8Array>);
    return { digest, mediaType: response.headers.get('content-type') ?? '', bytes };
  };

  const content = async (repository: string, reference: string): Promise<string[]> => {
    const found = new Set<string>();
    const visitManifest = async (wanted: string): Promise<void> => {
      const { digest, bytes } = await manifest(repository, wanted);
      if (wanted.includes(':') && wanted !== digest) throw new Error(`${wanted} is ${digest}`);
      found.add(`${digest} ${bytes.length}`);
      for (const descriptor of successors(bytes)) {
        if (found.has(`${descriptor.digest} ${descriptor.size}`)) continue;
        await (isManifest(descriptor) ? visitManifest(descriptor.digest) : visitBlob(descriptor));
      }
    };
    const visitBlob = async ({ digest }: Descriptor): Promise<void> => {
      const { body } = await expectStatus(`/v2/${repository}/blobs/${digest}`, 200);
      let size = 0;
      const counted = async function* () {
        for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
          size += piece.length;
          yield piece;
        }
      };
      const hashed = await sha256Of(counted());
      if (hashed !== digest) throw new Error(`${digest} came as ${hashed}`);
      found.add(`${digest} ${size}`);
    };
    await visitManifest(reference);
    return [...found];
  };

  const pushBlob = async (folder: string, repository: string, { digest, size }: Descriptor) => {
    const opened = await expectStatus(`/v2/${repository}/blobs/uploads/`, 202, { method: 'POST' });
    const upload = new URL(opened.headers.get('location') ?? '', new URL(url));
    upload.searchParams.set('digest', digest);
    await expectStatus(upload.pathname + upload.search, 201, {
      method: 'PUT',
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(size),
      },
      body: Readable.toWeb(createReadStream(blobPath(folder, digest))) as ReadableStream,
      duplex: 'half',
    });
  };

  const pushManifest = async (
    folder: string,
    repository: string,
    reference: string,
    { digest, mediaType }: Descriptor,
  ) => {
    const bytes = await readFile(blobPath(folder, digest));
    for (const descriptor of successors(bytes)) {
      await (isManifest(descriptor)
        ? pushManifest(folder, repository, descriptor.digest, descriptor)
        : pushBlob(folder, repository, descriptor));
    }
    await expectStatus(`/v2/${repository}/manifests/${reference}`, 201, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: new Uint8Array(bytes),
    });
  };

  return {
    fetch: request,
    manifest,
    content,
    push: (image, repository, reference = 'latest') =>
      pushManifest(image.folder, repository, reference, { ...image }),
    tags: async (repository) => {
      const response = await expectStatus(`/v2/${repository}/tags/list`, 200);
      return ((await response.json()) as { tags: string[] }).tags;
    },
    referrers: async (repository, digest) => {
      const response = await expectStatus(`/v2/${repository}/referrers/${digest}`, 200);
      return ((await response.json()) as { manifests: Descriptor[] }).manifests;
    },
  };
}
