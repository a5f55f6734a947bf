import {
  isManifestMediaType,
  isNonDistributable,
  isSchema1,
  MANIFEST_MEDIA_TYPES,
  shapeOf,
} from './media-types.ts';

test('the four media types of manifests are two images and two indexes', () => {
  expect(MANIFEST_MEDIA_TYPES.map((type) => [type, shapeOf(type)])).toEqual([
    ['application/vnd.oci.image.manifest.v1+json', 'image'],
    ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
    ['application/vnd.oci.image.index.v1+json', 'index'],
    ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
  ]);
});

test.each(['', 'toString', 'application/json', 'application/vnd.oci.image.manifest.v2+json'])(
  '%j is no media type of a manifest',
  (text) => {
    expect(isManifestMediaType(text)).toBe(false);
  },
);

test.each([
  ['application/vnd.docker.distribution.manifest.v1', true],
  ['application/vnd.docker.distribution.manifest.v1+json', true],
  ['application/vnd.docker.distribution.manifest.v1+prettyjws', true],
  ['application/vnd.docker.distribution.manifest.v2+json', false],
  ['application/vnd.docker.distribution.manifest.v10+json', false],
])('whether %s is schema 1: %j', (mediaType, expected) => {
  expect(isSchema1(mediaType)).toBe(expected);
});

test.each([
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', true],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', true],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', true],
  ['application/vnd.oci.image.layer.v1.tar+gzip', false],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', false],
  ['', false],
])('whether clients leave a layer of type %j out of a push: %j', (mediaType, expected) => {
  expect(isNonDistributable(mediaType)).toBe(expected);
});
