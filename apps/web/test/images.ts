import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Descriptor, OciLayout } from '../../server/test/oci-layout.ts';
import { tar } from '../../server/test/tar.ts';

const TYPE = 'application/vnd.oci.image';

/** A step of a build: the command, and how many bytes the layer holds that it made; none for no layer. */
interface Step {
  readonly createdBy: string;
  readonly bytes?: number;
  /** What the files hold; the same text makes the same layer. */
  readonly seed?: string;
  /** Files of the layer besides, with what is in them. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Built {
  readonly platform?: string;
  readonly steps: readonly Step[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The OCI layout of an image of one platform, or of an index of several. */
export async function layoutOf(
  parent: string,
  name: string,
  builds: readonly Built[],
): Promise<string> {
  const layout = await OciLayout.create(join(parent, name));
  const manifests: Descriptor[] = [];
  for (const build of builds) manifests.push(await add(layout, build));
  const [only] = manifests;
  const tagged =
    manifests.length === 1 && only !== undefined
      ? only
      : await layout.addJson(`${TYPE}.index.v1+json`, {
          schemaVersion: 2,
          mediaType: `${TYPE}.index.v1+json`,
          manifests,
        });
  await layout.tag('latest', tagged);
  return layout.folder;
}

async function add(
  layout: OciLayout,
  { platform = 'linux/amd64', steps, config = {}, annotations = {} }: Built,
): Promise<Descriptor & { readonly platform: object }> {
  const [os = '', architecture = '', variant] = platform.split('/');
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const { bytes, createdBy, seed = createdBy, files = {} } of steps) {
    if (bytes === undefined) continue;
    const content = tar([
      ...Object.entries(files).map(([path, text]) => ({ path, content: text })),
      {
        path: `srv/${createHash('sha256').update(seed).digest('hex').slice(0, 8)}`,
        content: noise(seed, bytes),
      },
    ]);
    diffIds.push(`sha256:${createHash('sha256').update(content).digest('hex')}`);
    layers.push(await layout.add(`${TYPE}.layer.v1.tar+gzip`, gzipSync(content)));
  }
  const configDescriptor = await layout.addJson(`${TYPE}.config.v1+json`, {
    created: '2026-11-20T09:00:00Z',
    author: 'The shop',
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: steps.map(({ createdBy, bytes }) => ({
      created: '2026-11-20T09:00:00Z',
      created_by: createdBy,
      ...(bytes === undefined && { empty_layer: true }),
    })),
  });
  const manifest = await layout.addJson(`${TYPE}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${TYPE}.manifest.v1+json`,
    config: configDescriptor,
    layers,
    annotations,
  });
  return { ...manifest, platform: { os, architecture, ...(variant !== undefined && { variant }) } };
}

/** Bytes that do not compress, always the same for a text. */
function noise(seed: string, size: number): Buffer {
  const pieces = Array.from({ length: Math.ceil(size / 64) }, (_, index) =>
    createHash('sha512').update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(pieces).subarray(0, size);
}
