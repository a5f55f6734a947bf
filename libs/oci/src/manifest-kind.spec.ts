import { bytesOf, kindOf } from './manifest-kind.ts';
import { parseManifest } from './manifest.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

function kind(document: Readonly<Record<string, unknown>>) {
  const parsed = parseManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, ...document })), '');
  if ('problem' in parsed) throw new Error(parsed.problem);
  return kindOf(parsed.manifest);
}

const of = (mediaType: string) => ({ mediaType, digest: digest('a'), size: 2 });
const CONFIG = of('application/vnd.oci.image.config.v1+json');
const LAYER = of('application/vnd.oci.image.layer.v1.tar+gzip');

test('an image has the config and the layers of an image', () => {
  expect(kind({ config: CONFIG, layers: [LAYER] })).toBe('image');
  expect(kind({ config: CONFIG, layers: [] })).toBe('image');
  expect(
    kind({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: of('application/vnd.docker.container.image.v1+json'),
      layers: [of('application/vnd.docker.image.rootfs.diff.tar.gzip')],
    }),
  ).toBe('image');
});

test('several manifests under one name are an index', () => {
  expect(kind({ manifests: [] })).toBe('index');
});

test.each([
  ['a chart', { config: of('application/vnd.cncf.helm.config.v1+json'), layers: [LAYER] }],
  ['a type of its own', { artifactType: 'application/vnd.example', config: CONFIG, layers: [] }],
  [
    'a signature with the config of an image',
    { config: CONFIG, layers: [of('application/vnd.dev.cosign.simplesigning.v1+json')] },
  ],
])('%s makes an artifact', (_, document) => {
  expect(kind(document)).toBe('artifact');
});

test('a blob that is there twice is counted once', () => {
  const parsed = parseManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        config: CONFIG,
        layers: [LAYER, LAYER, { ...LAYER, digest: digest('b'), size: 5 }],
      }),
    ),
    '',
  );
  expect('manifest' in parsed && bytesOf(parsed.manifest.layers)).toBe(7);
});
