import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { findTool } from '../../../scripts/host-tools.mjs';
import { OciLayout } from '../../server/test/oci-layout.ts';
import type { Image } from '../../server/test/images.ts';

/** A layer is what this shell script makes of an empty folder, archived by GNU tar. */
export interface LayerScript {
  readonly script: string;
  readonly format?: 'pax' | 'gnu' | 'ustar';
  readonly compression?: 'gzip' | 'zstd' | 'none';
  /** What tar is told to take, in this order; everything, when nothing is said. */
  readonly members?: readonly string[];
}

export type ImageProcess = Readonly<Record<string, unknown>>;

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** busybox under the names that the tests use, an /etc/passwd, and nothing else. */
export const busybox: LayerScript = {
  script: `
    mkdir -p bin etc tmp root; chmod 1777 tmp; chmod 700 root
    cp ${findTool('busybox') ?? ''} bin/busybox
    for name in sh cat echo id env ls sleep stat find sort true sha256sum readlink dd hostname wc; do ln -s busybox bin/$name; done
    printf 'root:x:0:0::/root:/bin/sh\\napp:x:1000:1000::/home/app:/bin/sh\\n' > etc/passwd
    printf 'root:x:0:\\napp:x:1000:\\nstaff:x:50:app\\n' > etc/group`,
};

export async function builtImage(
  parent: string,
  name: string,
  layers: readonly LayerScript[],
  config: ImageProcess = {},
): Promise<Image> {
  const folder = join(parent, name);
  const layout = await OciLayout.create(folder);
  const made = [];
  for (const layer of layers) {
    const tar = archived(parent, layer);
    const { compression = 'gzip' } = layer;
    const bytes =
      compression === 'gzip'
        ? gzipSync(tar, { level: 1 })
        : compression === 'zstd'
          ? zstdCompressSync(tar)
          : tar;
    const suffix = compression === 'none' ? '' : `+${compression}`;
    const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
    made.push({ descriptor: await layout.add(layerType + suffix, bytes), diffId });
  }
  const { digest, mediaType, size } = await layout.addJson(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await layout.addJson('application/vnd.oci.image.config.v1+json', {
      created: '2026-01-01T00:00:00Z',
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin'], Cmd: ['sh'], ...config },
      rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) },
      history: [
        ...layers.map(({ script }) => ({ created: '2026-01-01T00:00:00Z', created_by: script })),
        { created: '2026-01-01T00:00:00Z', created_by: 'CMD', empty_layer: true },
      ],
    }),
    layers: made.map(({ descriptor }) => descriptor),
  });
  await layout.tag('latest', { digest, mediaType, size });
  return {
    name,
    folder,
    digest,
    mediaType,
    size,
    content: [],
    layers: made.map(({ diffId }) => diffId),
  };
}

function archived(
  parent: string,
  { script, format = 'pax', members = ['.'] }: LayerScript,
): Buffer {
  const folder = mkdtempSync(join(parent, 'layer-'));
  const tree = join(folder, 'tree');
  try {
    mkdirSync(tree);
    execFileSync('sh', ['-euc', script], { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] });
    const file = join(folder, 'tar');
    const xattrs = format === 'pax' ? ['--xattrs', '--xattrs-include=*'] : [];
    execFileSync(
      'tar',
      [
        '-cf',
        file,
        `--format=${format}`,
        ...xattrs,
        ...(format === 'ustar' ? [] : ['-S']),
        '--numeric-owner',
        '--mtime=@1700000000',
        '--no-recursion',
        '-T',
        '-',
      ],
      {
        cwd: tree,
        input: execFileSync(
          'sh',
          [
            '-c',
            members[0] === '.' ? 'find . | LC_ALL=C sort' : 'printf "%s\\n" "$@"',
            'sh',
            ...members,
          ],
          { cwd: tree },
        ),
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
