import { bytesOf, kindOf, platformsOf } from './manifest-kind.ts';
import { parseManifest } from './manifest.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

function manifestOf(document: Readonly<Record<string, unknown>>) {
  const parsed = parseManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, ...document })), '');
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.manifest;
}

const kind = (document: Readonly<Record<string, unknown>>) => kindOf(manifestOf(document));

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
  const layers = [LAYER, LAYER, { ...LAYER, digest: digest('b'), size: 5 }];

  expect(bytesOf(manifestOf({ config: CONFIG, layers }).layers)).toBe(7);
});

test('an index says what it runs on, in one spelling; an image does not', () => {
  const child = (os: string, architecture: string, variant?: string) => ({
    ...of('application/vnd.oci.image.manifest.v1+json'),
    platform: { os, architecture, variant },
  });
  const manifests = [
    ...[child('linux', 'arm64', 'v8'), child('linux', 'amd64'), child('Linux', 'x86_64')],
    ...[child('unknown', 'unknown'), child('\0', 'amd64'), child('linux', 'arm', 'v6')],
  ];

  expect(platformsOf(manifestOf({ manifests }))).toEqual([
    'linux/amd64',
    'linux/arm/v6',
    'linux/arm64',
  ]);
  expect(platformsOf(manifestOf({ config: CONFIG, layers: [] }))).toBeUndefined();
  expect(platformsOf(manifestOf({ config: LAYER, layers: [] }))).toEqual([]);
});
