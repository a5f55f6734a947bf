import fc from 'fast-check';
import { type Manifest, parseManifest, successors } from './manifest.ts';
import { MANIFEST_MEDIA_TYPES } from './media-types.ts';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

type Json = Readonly<Record<string, unknown>>;

const digestOf = (filler: string) => `sha256:${filler.repeat(64)}`;
const aDescriptor = (filler: string, more: Json = {}): Json => ({
  mediaType: LAYER,
  digest: digestOf(filler),
  size: 7,
  ...more,
});
const anImage = (more: Json = {}): Json => ({
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: aDescriptor('c', { mediaType: CONFIG }),
  layers: [aDescriptor('1'), aDescriptor('2')],
  ...more,
});
const anIndex = (more: Json = {}): Json => ({
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [aDescriptor('a', { mediaType: OCI_MANIFEST })],
  ...more,
});

const bytesOf = (document: unknown) => Buffer.from(JSON.stringify(document));

function manifestOf(document: unknown, contentType = ''): Manifest {
  const result = parseManifest(bytesOf(document), contentType);
  if ('manifest' in result) return result.manifest;
  throw new Error(result.problem);
}

function problemOf(document: unknown, contentType = ''): string | undefined {
  const result = parseManifest(bytesOf(document), contentType);
  return 'problem' in result ? result.problem : undefined;
}

const pointsAt = (document: unknown) =>
  successors(manifestOf(document)).map(({ descriptor, kind, foreign }) => [
    descriptor.digest,
    kind,
    foreign,
  ]);

describe('parseManifest', () => {
  it.each([OCI_MANIFEST, DOCKER_MANIFEST])('reads an image of type %s', (mediaType) => {
    expect(manifestOf(anImage({ mediaType }), mediaType)).toEqual({
      mediaType,
      config: aDescriptor('c', { mediaType: CONFIG }),
      layers: [aDescriptor('1'), aDescriptor('2')],
      manifests: [],
      artifactType: CONFIG,
    });
  });

  it.each([OCI_INDEX, DOCKER_LIST])('reads an index of type %s', (mediaType) => {
    expect(manifestOf(anIndex({ mediaType }), mediaType)).toEqual({
      mediaType,
      layers: [],
      manifests: [aDescriptor('a', { mediaType: OCI_MANIFEST })],
    });
  });

  it('reads an artifact: its type, its subject, its annotations', () => {
    const subject = aDescriptor('5', { mediaType: OCI_MANIFEST });
    const annotations = { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z', empty: '' };
    const artifact = anImage({
      artifactType: 'application/vnd.example.sbom',
      config: aDescriptor('e', { mediaType: 'application/vnd.oci.empty.v1+json', data: 'e30=' }),
      subject,
      annotations,
    });
    expect(manifestOf(artifact, OCI_MANIFEST)).toMatchObject({
      artifactType: 'application/vnd.example.sbom',
      subject,
      annotations,
    });
  });

  it('takes the type of an artifact from its config when it names none, and of an index never', () => {
    expect(manifestOf(anImage()).artifactType).toBe(CONFIG);
    expect(manifestOf(anImage({ artifactType: '' })).artifactType).toBe(CONFIG);
    expect(manifestOf(anIndex()).artifactType).toBeUndefined();
    expect(manifestOf(anIndex({ artifactType: 'a/b' })).artifactType).toBe('a/b');
  });

  it('keeps what a descriptor says of itself and leaves out what it does not know', () => {
    const layer = aDescriptor('1', {
      artifactType: 'a/b',
      annotations: { key: 'value' },
      urls: ['https://example.org/layer'],
    });
    const [read] = manifestOf(
      anImage({ layers: [{ ...layer, platform: {}, data: 'AA==' }] }),
    ).layers;
    expect(read).toEqual(layer);
  });

  it('keeps the platform of a manifest in an index, when it names a system and an architecture', () => {
    const platforms = [{ os: 'linux', architecture: 'arm', variant: 'v7' }, {}, 7, { os: 'linux' }];
    const manifests = platforms.map((platform) => aDescriptor('a', { platform }));
    expect(manifestOf(anIndex({ manifests })).manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'arm', variant: 'v7' },
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('reads an empty list as Go writes it, and an image without layers', () => {
    expect(manifestOf(anImage({ layers: null })).layers).toEqual([]);
    expect(manifestOf(anImage({ layers: undefined })).layers).toEqual([]);
    expect(manifestOf(anIndex({ manifests: null })).manifests).toEqual([]);
    expect(manifestOf(anIndex({ manifests: [] })).manifests).toEqual([]);
  });

  it('takes null for what is not there', () => {
    const nothing = { subject: null, annotations: null, artifactType: null, mediaType: null };
    expect(manifestOf(anImage(nothing))).toEqual(manifestOf(anImage()));
  });

  it('reads NUL and other control characters in annotations as they are', () => {
    const annotations = { 'a\0b': 'c\0d\u001b[2J' };
    expect(manifestOf(anImage({ annotations })).annotations).toEqual(annotations);
  });

  describe('the media type', () => {
    it.each(['', 'application/json', 'application/octet-stream'])(
      'is the one that the body names when it is pushed as %j',
      (contentType) => {
        expect(manifestOf(anImage({ mediaType: DOCKER_MANIFEST }), contentType).mediaType).toBe(
          DOCKER_MANIFEST,
        );
      },
    );

    it('is the content type when the body names none', () => {
      const image = anImage({ mediaType: undefined });
      expect(manifestOf(image, DOCKER_MANIFEST).mediaType).toBe(DOCKER_MANIFEST);
      expect(manifestOf({ ...image, mediaType: '' }, OCI_MANIFEST).mediaType).toBe(OCI_MANIFEST);
    });

    it('follows from the fields when nobody names it', () => {
      expect(manifestOf(anImage({ mediaType: undefined })).mediaType).toBe(OCI_MANIFEST);
      expect(manifestOf(anIndex({ mediaType: undefined })).mediaType).toBe(OCI_INDEX);
    });

    it('is refused when body and content type disagree', () => {
      for (const named of MANIFEST_MEDIA_TYPES) {
        for (const contentType of MANIFEST_MEDIA_TYPES.filter((other) => other !== named)) {
          const document = named.includes('ind') ? anIndex() : anImage();
          expect(problemOf({ ...document, mediaType: named }, contentType)).toBe(
            `its mediaType is ${named}, but it was pushed with Content-Type ${contentType}`,
          );
        }
      }
    });

    it.each(['text/html', 'application/vnd.oci.image.config.v1+json', 'toString'])(
      'is refused when it is %s',
      (other) => {
        expect(problemOf(anImage({ mediaType: undefined }), other)).toMatch(/is none of/);
        expect(problemOf(anImage({ mediaType: other }))).toMatch(/is none of/);
      },
    );

    it.each(['a b', 'a\0b', 'a\nb', 'ä/b', `a/${'b'.repeat(300)}`, 7, {}, []])(
      'is refused when it is %j',
      (mediaType) => {
        expect(problemOf(anImage({ mediaType }))).toMatch(/^its mediaType /);
        expect(problemOf(anImage({ artifactType: mediaType }))).toMatch(/^its artifactType /);
        expect(problemOf(anImage({ config: aDescriptor('c', { mediaType }) }))).toMatch(
          /^its config\.mediaType /,
        );
      },
    );
  });

  describe('schema 1', () => {
    const advice = /Image Manifest Version 2, Schema 1.*push it again/;

    it('is refused by its content type, its media type and its version, with advice', () => {
      const types = ['', '+json', '+prettyjws'].map(
        (suffix) => `application/vnd.docker.distribution.manifest.v1${suffix}`,
      );
      for (const type of types) {
        expect(problemOf({}, type)).toMatch(advice);
        expect(problemOf({ schemaVersion: 2, mediaType: type })).toMatch(advice);
      }
      expect(problemOf({ schemaVersion: 1, name: 'a', fsLayers: [] })).toMatch(advice);
    });
  });

  describe('a document that two readers would read differently is refused', () => {
    it.each<[string, Json]>([
      ['an image with manifests', anImage({ manifests: [] })],
      ['an image with manifests that are null', anImage({ manifests: null })],
      ['an index with layers', anIndex({ layers: [] })],
      ['an index with a config', anIndex({ config: aDescriptor('c') })],
      ['both at once, of no named type', { ...anImage(), ...anIndex(), mediaType: undefined }],
    ])('%s (CVE-2021-41190)', (_, document) => {
      expect(problemOf(document)).toMatch(/mixes the fields of an image .* with those of an index/);
    });

    it.each([
      'Layers',
      'LAYERS',
      'layer\u017f',
      'Manifests',
      'SchemaVersion',
      'mediatype',
      'Subject',
    ])('the disguised key %s', (key) => {
      expect(problemOf(anImage({ [key]: [] }))).toMatch(/is written|twice in one object/);
      const { layers: _, ...bare } = anImage();
      expect(problemOf({ ...bare, [key]: [] })).toMatch(/is written|twice in one object/);
    });

    it('a key that is there twice', () => {
      const text = JSON.stringify(anImage()).replace('{', '{"layers":[],');
      expect(parseManifest(Buffer.from(text), '')).toEqual({
        problem: 'it has the key "layers" twice in one object',
      });
    });
  });

  describe('names the field that is wrong', () => {
    it.each<[string, unknown, string]>([
      ['null', null, 'it is not a JSON object'],
      ['a list', [anImage()], 'it is not a JSON object'],
      ['text', 'image', 'it is not a JSON object'],
      ['no schemaVersion', anImage({ schemaVersion: undefined }), 'its schemaVersion is not 2'],
      ['schemaVersion 3', anImage({ schemaVersion: 3 }), 'its schemaVersion is not 2'],
      ['schemaVersion "2"', anImage({ schemaVersion: '2' }), 'its schemaVersion is not 2'],
      ['no config', anImage({ config: undefined }), 'it has no config'],
      ['no manifests', anIndex({ manifests: undefined }), 'it has no manifests'],
      ['layers that are no list', anImage({ layers: {} }), 'its layers is not a list'],
      ['a layer that is null', anImage({ layers: [null] }), 'its layers[0] is not a descriptor'],
      ['a layer that is a list', anImage({ layers: [[]] }), 'its layers[0] is not a descriptor'],
      [
        'annotations that are no object',
        anImage({ annotations: [] }),
        'its annotations is not an object',
      ],
      [
        'an annotation that is no string',
        anImage({ annotations: { a: 'b', c: 1 } }),
        'its annotations["c"] is not a string',
      ],
      [
        'urls that are no strings',
        anImage({ layers: [aDescriptor('1', { urls: [1] })] }),
        'its layers[0].urls is not a list of strings',
      ],
      [
        'a digest that is a number',
        anImage({ layers: [aDescriptor('1'), aDescriptor('2', { digest: 2 })] }),
        'its layers[1].digest is not a string',
      ],
      [
        'a subject without a size',
        anImage({ subject: { mediaType: OCI_MANIFEST, digest: digestOf('5') } }),
        'its subject.size is not a number of bytes',
      ],
    ])('%s', (_, document, problem) => {
      expect(problemOf(document)).toBe(problem);
    });

    it.each([-1, 0.5, 2 ** 53, 1e300, '7', null, true, {}])('a size that is %j', (size) => {
      expect(problemOf(anImage({ layers: [aDescriptor('1', { size })] }))).toBe(
        'its layers[0].size is not a number of bytes',
      );
    });

    it.each([
      '',
      'sha256:',
      `sha256:${'A'.repeat(64)}`,
      `md5:${'a'.repeat(32)}`,
      '../../etc/passwd',
    ])('a digest that is %j', (digest) => {
      expect(problemOf(anIndex({ manifests: [aDescriptor('a', { digest })] }))).toMatch(
        /^its manifests\[0\]\.digest ".*" is not a digest: sha256: and 64/,
      );
    });
  });

  it('never throws, whatever the bytes', () => {
    const contentType = fc.oneof(fc.constantFrom('', ...MANIFEST_MEDIA_TYPES), fc.string());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), contentType, (bytes, type) => {
        expect(parseManifest(bytes, type)).toHaveProperty('problem');
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever the JSON, and what it takes has the parts of one shape only', () => {
    const field = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant(aDescriptor('9')),
      fc.constant([aDescriptor('9')]),
      fc.constant({ ...aDescriptor('9'), size: -1 }),
    );
    const document = fc.record(
      {
        schemaVersion: fc.oneof({ weight: 5, arbitrary: fc.constant(2) }, field),
        mediaType: fc.oneof(
          { weight: 5, arbitrary: fc.constantFrom(...MANIFEST_MEDIA_TYPES) },
          field,
        ),
        config: fc.oneof({ weight: 2, arbitrary: fc.constant(aDescriptor('8')) }, field),
        layers: fc.oneof({ weight: 2, arbitrary: fc.constant([aDescriptor('9')]) }, field),
        manifests: fc.oneof({ weight: 2, arbitrary: fc.constant([aDescriptor('7')]) }, field),
        subject: fc.oneof({ weight: 2, arbitrary: fc.constant(aDescriptor('6')) }, field),
        artifactType: fc.oneof({ weight: 2, arbitrary: fc.constant('a/b') }, field),
        annotations: fc.oneof({ weight: 2, arbitrary: fc.constant({ a: 'b' }) }, field),
      },
      { requiredKeys: ['schemaVersion'] },
    );
    let taken = 0;
    fc.assert(
      fc.property(
        fc.oneof({ weight: 9, arbitrary: document }, fc.jsonValue()),
        fc.constantFrom('', OCI_INDEX),
        (json, type) => {
          const result = parseManifest(bytesOf(json), type);
          if ('problem' in result) {
            expect(result.problem).toMatch(/^it/);
            return;
          }
          taken++;
          const { config, layers, manifests } = result.manifest;
          expect(config === undefined ? layers : manifests).toEqual([]);
          expect(successors(result.manifest)).toBeInstanceOf(Array);
        },
      ),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});

describe('successors', () => {
  it('are the config and the layers of an image', () => {
    expect(pointsAt(anImage())).toEqual([
      [digestOf('c'), 'blob', false],
      [digestOf('1'), 'blob', false],
      [digestOf('2'), 'blob', false],
    ]);
  });

  it('are the manifests and the indexes of an index', () => {
    const manifests = MANIFEST_MEDIA_TYPES.map((mediaType, index) =>
      aDescriptor(String(index), { mediaType }),
    );
    expect(pointsAt(anIndex({ manifests }))).toEqual(
      manifests.map(({ digest }) => [digest, 'manifest', false]),
    );
  });

  it('are blobs where an index lists layers and a config, as a BuildKit cache does', () => {
    const cache = anIndex({
      manifests: [
        aDescriptor('1'),
        aDescriptor('b', { mediaType: 'application/vnd.buildkit.cacheconfig.v0' }),
      ],
    });
    expect(pointsAt(cache)).toEqual([
      [digestOf('1'), 'blob', false],
      [digestOf('b'), 'blob', false],
    ]);
  });

  it('are not the subject, which need not be there', () => {
    expect(pointsAt(anIndex({ manifests: [], subject: aDescriptor('5') }))).toEqual([]);
  });

  it('name each digest once', () => {
    const layers = [aDescriptor('1'), aDescriptor('1'), aDescriptor('c')];
    expect(pointsAt(anImage({ layers }))).toEqual([
      [digestOf('c'), 'blob', false],
      [digestOf('1'), 'blob', false],
    ]);
  });

  it('are foreign where clients do not upload them', () => {
    const layers = [
      aDescriptor('1', {
        mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      }),
      aDescriptor('2', { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' }),
      aDescriptor('3', { urls: ['https://example.org/layer'] }),
      aDescriptor('4', { urls: [] }),
    ];
    expect(pointsAt(anImage({ layers })).map(([, , foreign]) => foreign)).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });
});
