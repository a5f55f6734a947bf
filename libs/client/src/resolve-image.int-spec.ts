import type { Descriptor } from '@slipway/oci';
import { type ImageName, parseImageName } from './image-name.ts';
import { RemoteRegistry } from './remote-registry.ts';
import { resolveDigest, resolveImage } from './resolve-image.ts';
import {
  answer,
  fakeRegistry,
  type FakeRegistry,
  impatience,
  sha256,
} from './testing/fake-registry.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const amd64 = { os: 'linux', architecture: 'amd64' };
const DIFF_ID = sha256('tar');

type Json = Readonly<Record<string, unknown>>;

/** What a registry holds: documents by digest and by tag. */
class Content {
  readonly documents = new Map<string, { type: string; bytes: Buffer }>();

  add(type: string, document: Json, tag?: string): Descriptor {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = sha256(bytes);
    for (const name of [digest, ...(tag === undefined ? [] : [tag])]) {
      this.documents.set(name, { type, bytes });
    }
    return { mediaType: type, digest, size: bytes.length };
  }

  image(
    options: { diffIds?: readonly string[]; config?: Json; manifest?: Json; tag?: string } = {},
  ): Descriptor {
    const config = this.add(CONFIG, {
      ...amd64,
      rootfs: { type: 'layers', diff_ids: options.diffIds ?? [DIFF_ID] },
      ...options.config,
    });
    const layers = [{ mediaType: LAYER, digest: sha256('gz'), size: 2 }];
    const document = { schemaVersion: 2, mediaType: MANIFEST, config, layers, ...options.manifest };
    return this.add(MANIFEST, document, options.tag);
  }

  index(manifests: readonly unknown[], tag?: string): Descriptor {
    return this.add(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests }, tag);
  }
}

let registry: FakeRegistry | undefined;
let content = new Content();
beforeEach(async () => {
  content = new Content();
  registry = await fakeRegistry((exchange) => {
    const found = content.documents.get(exchange.path.split('/').at(-1) ?? '');
    if (exchange.path === '/v2/') {
      answer(exchange, 200);
      return;
    }
    if (found === undefined) {
      answer(exchange, 404);
      return;
    }
    const headers = { 'content-type': found.type, 'docker-content-digest': sha256(found.bytes) };
    answer(exchange, 200, headers, found.bytes);
  });
});
afterEach(() => registry?.close());

const name = (rest: string): ImageName => {
  const parsed = parseImageName(`${registry?.host ?? ''}/app${rest}`);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.name;
};
const resolve = (rest = ':1', platform = amd64) =>
  resolveImage(
    new RemoteRegistry(registry?.host ?? '', { patience: impatience() }),
    name(rest),
    platform,
  );

describe('resolveImage', () => {
  it('reads an image: its manifest, its config and which layer is which', async () => {
    const image = content.image({ tag: '1', config: { config: { Cmd: ['serve'] } } });
    expect(await resolve()).toMatchObject({
      target: image.digest,
      digest: image.digest,
      config: { process: { cmd: ['serve'] } },
      layers: [{ descriptor: { digest: sha256('gz'), size: 2 }, diffId: DIFF_ID }],
    });
    expect((await resolve(`@${image.digest}`)).digest).toBe(image.digest);
  });

  it('finds the platform in an index, and in an index within it', async () => {
    const image = content.image();
    const inner = content.index([{ ...image, platform: amd64 }]);
    const other = content.image({ config: { architecture: 'arm64' } });
    const index = content.index(
      [
        { ...other, platform: { os: 'linux', architecture: 'arm64' } },
        { ...inner, platform: amd64 },
      ],
      '1',
    );
    expect(await resolve()).toMatchObject({ target: index.digest, digest: image.digest });
  });

  it('names the platforms that there are when none fits', async () => {
    content.index(
      [
        { ...content.image(), platform: amd64 },
        { ...content.image(), platform: { os: 'unknown', architecture: 'unknown' } },
      ],
      '1',
    );
    await expect(resolve(':1', { os: 'linux', architecture: 's390x' })).rejects.toThrow(
      'app is not there for linux/s390x, only for linux/amd64',
    );
  });

  it('knows the digest of a tag without fetching what it names', async () => {
    const image = content.image({ tag: '1' });
    const remote = new RemoteRegistry(registry?.host ?? '', { patience: impatience() });
    expect(await resolveDigest(remote, name(':1'))).toBe(image.digest);
    expect(registry?.lines()).toEqual(['GET /v2/', 'HEAD /v2/app/manifests/1']);
  });

  it('says that there is no such tag', async () => {
    await expect(resolve(':gone')).rejects.toMatchObject({ reason: 'not-found' });
  });

  it('takes no manifest of another digest than was asked for', async () => {
    const image = content.image();
    content.documents.set(image.digest, { type: MANIFEST, bytes: Buffer.from('{}') });
    await expect(resolve(`@${image.digest}`)).rejects.toMatchObject({ reason: 'digest-mismatch' });
  });

  it.each([
    ['another size', { size: 1 }],
    ['another type', { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }],
  ])('takes no manifest of %s than its index says', async (_, change) => {
    content.index([{ ...content.image(), ...change, platform: amd64 }], '1');
    await expect(resolve()).rejects.toMatchObject({ reason: 'digest-mismatch' });
  });

  it('takes no config of another digest than the manifest says', async () => {
    const config = content.add(CONFIG, {
      ...amd64,
      rootfs: { type: 'layers', diff_ids: [DIFF_ID] },
    });
    content.image({ tag: '1', manifest: { config } });
    const bytes = Buffer.alloc(config.size, ' ');
    content.documents.set(config.digest, { type: CONFIG, bytes });
    await expect(resolve()).rejects.toMatchObject({ reason: 'digest-mismatch' });
  });

  it.each([
    [
      'diff IDs for other layers',
      { diffIds: [DIFF_ID, DIFF_ID] },
      /has 1 layers and its config 2 diff IDs/,
    ],
    [
      'a config of another kind',
      {
        manifest: {
          config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256('{}'), size: 2 },
        },
      },
      /is an artifact/,
    ],
    ['both manifests and layers', { manifest: { manifests: [] } }, /mixes the fields/],
    [
      'another type within than without',
      { manifest: { mediaType: INDEX } },
      /was pushed with Content-Type/,
    ],
    ['a config without a rootfs', { config: { rootfs: null } }, /it has no rootfs/],
  ])('takes no image with %s', async (_, options, message) => {
    content.image({ tag: '1', ...options });
    await expect(resolve()).rejects.toThrow(message);
  });

  it('does not follow indexes for ever', async () => {
    let inner = content.index([]);
    for (let depth = 0; depth < 5; depth++)
      inner = content.index([{ ...inner, platform: amd64 }], '1');
    await expect(resolve()).rejects.toMatchObject({ reason: 'platform-unknown' });
  });
});
