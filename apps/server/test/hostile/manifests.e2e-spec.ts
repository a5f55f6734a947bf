import { createHash } from 'node:crypto';
import { expectStatus, send } from '../resilience/wire.ts';
import { hostileSuite, limit, refusal } from './hostile-suite.ts';

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';

const sha256 = (bytes: string | Buffer) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256('{}'), size: 2 };
const image = { schemaVersion: 2, mediaType: ociManifest, config, layers: [config] };
const nul = '\0';

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const megabytes = (count: number) => 'a'.repeat(count * 1024 * 1024);

describe('a hostile manifest', () => {
  // Documents of 8 MiB become ten times that while they are looked at.
  const server = hostileSuite({}, { megabytes: 600 });

  const put = async (body: string | Buffer, type = ociManifest, reference = 'latest') =>
    send(server, 'PUT', `/v2/hostile/manifests/${reference}`, {
      headers: { 'content-type': type },
      body: Buffer.from(body),
    });

  beforeAll(async () => {
    const path = `/v2/hostile/blobs/uploads/?digest=${config.digest}`;
    expectStatus(await send(server, 'POST', path, { body: Buffer.from('{}') }), 201);
  });

  it('is one beside which a good one passes', async () => {
    expect((await put(JSON.stringify(image))).status).toBe(201);
  });

  it.each([
    ['nothing', ''],
    ['half a document', '{"schemaVersion":2,'],
    ['two documents', `${JSON.stringify(image)}{}`],
    ['a comment', `${JSON.stringify(image)}//`],
    ['a list', '[]'],
    ['a number', '2'],
    ['null', 'null'],
    ['text', '"schemaVersion"'],
    ['no field', '{}'],
    ['another version', JSON.stringify({ ...image, schemaVersion: 3 })],
    ['a version that is text', JSON.stringify({ ...image, schemaVersion: '2' })],
    ['a byte order mark', `\ufeff${JSON.stringify(image)}`],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['65 levels', `{"schemaVersion":2,"a":${nested(64)}}`],
    ['100 000 levels', nested(100_000)],
    ['100 000 open lists', '['.repeat(100_000)],
    ['a key twice', JSON.stringify(image).replace('{', '{"schemaVersion":2,')],
    [
      'a key twice, once in escapes',
      JSON.stringify(image).replace('{', '{"\\u0073chemaVersion":2,'),
    ],
    ['a key in two cases', JSON.stringify({ ...image, Layers: [] })],
    [
      'a key in a case that Go takes for the right one',
      JSON.stringify(image).replace('"layers"', '"layerſ"'),
    ],
    ['both layers and manifests', JSON.stringify({ ...image, manifests: [] })],
    ['layers that are no list', JSON.stringify({ ...image, layers: {} })],
    ['a layer that is null', JSON.stringify({ ...image, layers: [null] })],
    [
      'a layer without a digest',
      JSON.stringify({ ...image, layers: [{ ...config, digest: undefined }] }),
    ],
    [
      'a digest that leads elsewhere',
      JSON.stringify({ ...image, layers: [{ ...config, digest: '../../etc/passwd' }] }),
    ],
    ['a negative size', JSON.stringify({ ...image, layers: [{ ...config, size: -1 }] })],
    [
      'a size beyond all numbers',
      JSON.stringify({ ...image, layers: [{ ...config, size: 2 ** 60 }] }),
    ],
    ['a size that is infinite', JSON.stringify(image).replaceAll('"size":2', '"size":1e999')],
    ['a size that is broken', JSON.stringify({ ...image, layers: [{ ...config, size: 1.5 }] })],
    ['a wrong size', JSON.stringify({ ...image, config: { ...config, size: 3 } })],
    ['annotations that are a list', JSON.stringify({ ...image, annotations: [] })],
    ['an annotation that is a number', JSON.stringify({ ...image, annotations: { a: 1 } })],
    [
      'another media type than it came with',
      JSON.stringify({ ...image, mediaType: dockerManifest }),
    ],
    ['urls that are text', JSON.stringify({ ...image, layers: [{ ...config, urls: 'http://x' }] })],
    ['a NUL in its media type', JSON.stringify({ ...image, mediaType: `${ociManifest}${nul}` })],
    ['a NUL in its artifact type', JSON.stringify({ ...image, artifactType: `a/b${nul}` })],
    [
      'a NUL in the media type of its config',
      JSON.stringify({ ...image, config: { ...config, mediaType: `a/b${nul}` } }),
    ],
    [
      'a NUL in a digest',
      JSON.stringify({ ...image, config: { ...config, digest: `${config.digest}${nul}` } }),
    ],
    [
      'a media type with a line break',
      JSON.stringify({ ...image, mediaType: `${ociManifest}\r\nX: y` }),
    ],
    [
      'a media type of 100 000 characters',
      JSON.stringify({ ...image, artifactType: `a/${'b'.repeat(100_000)}` }),
    ],
  ])('that holds %s is refused with what is wrong', async (_, body) => {
    const answer = refusal(await put(body));
    expect(answer).toMatch(/^400 MANIFEST_INVALID the manifest (?:is refused: it|says)/);
    expect(answer.length).toBeLessThan(600);
  });

  it.each([
    ['an annotation', { ...image, annotations: { [`a${nul}`]: `b${nul}` } }],
    [
      'an annotation of a subject',
      { ...image, subject: { ...config, annotations: { [nul]: nul } } },
    ],
    ['the urls of a layer', { ...image, layers: [{ ...config, urls: [nul] }] }],
    ['a field that nobody knows', { ...image, [nul]: nul }],
    ['a lone surrogate in an annotation', { ...image, annotations: { a: '\ud800' } }],
    [
      'parts of JavaScript',
      { ...image, annotations: JSON.parse('{"__proto__":"a","constructor":"b"}') as unknown },
    ],
  ])('with a NUL, or worse, in %s is stored as it came, or refused', async (_, document) => {
    const body = JSON.stringify(document);
    const answer = await put(body, ociManifest, sha256(body));
    if (answer.status !== 201) {
      expect(refusal(answer)).toMatch(/^400 MANIFEST_INVALID /);
      return;
    }
    const stored = await send(server, 'GET', `/v2/hostile/manifests/${sha256(body)}`);
    expect(stored.body.toString()).toBe(body);
  });

  it('that is a referrer with a NUL in an annotation is listed, or refused', async () => {
    const subject = sha256('a subject');
    const body = JSON.stringify({
      ...image,
      subject: { mediaType: ociManifest, digest: subject, size: 9 },
      annotations: { [`key${nul}`]: `value${nul}` },
    });
    const answer = await put(body, ociManifest, sha256(body));
    expect([201, 400]).toContain(answer.status);
    const list = await send(server, 'GET', `/v2/hostile/referrers/${subject}`);
    const { manifests } = JSON.parse(list.body.toString()) as { manifests: unknown[] };
    expect(manifests).toHaveLength(answer.status === 201 ? 1 : 0);
  });

  it.each([
    'text/html',
    'application/json;charset=utf-16',
    'a'.repeat(8000),
    '\u00ff/\u00fe',
    'multipart/form-data',
  ])('of the type %.20s is refused, or taken for what it says it is itself', async (type) => {
    const answer = await put(JSON.stringify(image), type);
    if (answer.status !== 201) expect(refusal(answer)).toMatch(/^400 MANIFEST_INVALID /);
  });

  it('of schema 1 is refused with what to do', async () => {
    const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    expect(refusal(await put('{"schemaVersion":1}', type))).toMatch(
      /^400 MANIFEST_INVALID .*Schema 1/,
    );
    expect(refusal(await put('{"schemaVersion":1}'))).toMatch(/^400 MANIFEST_INVALID .*Schema 1/);
  });

  it('that is not what its reference says is refused with what it is', async () => {
    const body = JSON.stringify(image);
    expect(refusal(await put(body, ociManifest, sha256('else')))).toBe(
      `400 DIGEST_INVALID the manifest that was pushed is ${sha256(body)}, not ${sha256('else')}`,
    );
  });

  it(
    'of 8 MiB is taken, and a larger one refused before it is read to its end',
    async () => {
      const padded = (count: number) =>
        JSON.stringify({ ...image, annotations: { a: megabytes(count).slice(1000) } });
      expect((await put(padded(8))).status).toBe(201);
      expect(refusal(await put(padded(9)))).toBe(
        '413 SIZE_INVALID the manifest is larger than 8388608 bytes',
      );
      const endless = send(server, 'PUT', '/v2/hostile/manifests/endless', {
        headers: { 'content-type': ociManifest },
        body: (async function* () {
          for (let n = 0; n < 10; n++) yield Buffer.from(megabytes(1));
        })(),
      });
      expect(refusal(await endless)).toMatch(/^413 SIZE_INVALID /);
    },
    limit,
  );

  it(
    'of 8 MiB of nothing but structure is answered before anybody else has to wait long',
    async () => {
      const documents = [
        `{"schemaVersion":2,"a":[${'{},'.repeat(2_700_000)}{}]}`,
        `{"schemaVersion":2,"layers":[${'1,'.repeat(4_000_000)}1]}`,
        `{${Array.from({ length: 700_000 }, (_, n) => `"k${n}":1`).join(',')}}`,
        `"${'\\"'.repeat(4_000_000)}"`,
        '"'.repeat(8_000_000),
      ];
      for (const document of documents) {
        const begun = Date.now();
        const [answer, other] = await Promise.all([put(document), send(server, 'GET', '/healthz')]);
        expect(refusal(answer)).toMatch(/^400 MANIFEST_INVALID /);
        expect(other.status).toBe(200);
        expect(Date.now() - begun).toBeLessThan(15_000);
      }
    },
    limit,
  );

  it(
    'that points at 20 000 blobs nobody has is refused with each of them',
    async () => {
      const layers = Array.from({ length: 20_000 }, (_, n) => ({
        ...config,
        digest: sha256(String(n)),
      }));
      const answer = await put(JSON.stringify({ ...image, layers }));
      expect(refusal(answer)).toMatch(
        /^400 MANIFEST_BLOB_UNKNOWN the manifest points at what hostile does not have: .* and 19997 more; push that first$/,
      );
    },
    limit,
  );

  it('is an index that contains itself, as far as that can be said, and is refused or harmless', async () => {
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [{ mediaType: ociIndex, digest: sha256('itself'), size: 100 }],
    });
    expect([201, 400]).toContain((await put(body, ociIndex, sha256(body))).status);
  });

  it.each([
    ['101 tags', Array.from({ length: 101 }, (_, n) => `tag=t${n}`).join('&')],
    ['a tag that is none', 'tag=good&tag=-bad'],
    ['an empty tag', 'tag='],
  ])('that is to get %s gets none', async (_, tags) => {
    const body = JSON.stringify({ ...image, annotations: { tags } });
    const answer = await put(body, ociManifest, `${sha256(body)}?${tags}`);
    expect(refusal(answer)).toMatch(/^400 MANIFEST_INVALID /);
    const list = await send(server, 'GET', '/v2/hostile/tags/list');
    expect((JSON.parse(list.body.toString()) as { tags: string[] }).tags).toEqual(['latest']);
  });

  it.each(['x', '"sha256:zz"', `"${config.digest}", "${config.digest}"`, '*', '', '\u00ff'])(
    'that is to replace %j is refused with what an ETag is',
    async (condition) => {
      const answer = await send(server, 'PUT', '/v2/hostile/manifests/latest', {
        headers: { 'content-type': ociManifest, 'if-match': condition },
        body: Buffer.from(JSON.stringify(image)),
      });
      expect(refusal(answer)).toMatch(
        /^400 DIGEST_INVALID If-Match is not the ETag of one manifest/,
      );
    },
  );
});
