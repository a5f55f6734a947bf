import {
  descriptorOf,
  digestOf,
  dockerList,
  dockerManifest,
  imageManifest,
  index,
  missing,
  ociConfig,
  ociIndex,
  ociLayer,
  ociManifest,
  someBytes,
  type Descriptor,
} from './content.ts';
import { refusal, type Answer, type Question } from './exchange.ts';
import { aRepository, suiteServer } from './suite-server.ts';

const server = suiteServer();
const { ask } = server;

const put = (repository: string, reference: string, bytes: Buffer, question: Question = {}) =>
  ask('PUT', `/v2/${repository}/manifests/${reference}`, {
    body: bytes,
    ...question,
    headers: { 'content-type': ociManifest, ...question.headers },
  });

const get = (repository: string, reference: string, headers: Question['headers'] = {}) =>
  ask('GET', `/v2/${repository}/manifests/${reference}`, { headers });

const head = (repository: string, reference: string, headers: Question['headers'] = {}) =>
  ask('HEAD', `/v2/${repository}/manifests/${reference}`, { headers });

const digestBehind = async (repository: string, reference: string): Promise<string | undefined> =>
  (await head(repository, reference)).headers['docker-content-digest'];

/** A manifest whose config is pushed and that is like no other. */
const aManifest = async (repository: string): Promise<Buffer> =>
  imageManifest({ config: await server.pushBlob(repository, someBytes(), ociConfig) });

/** `detail.digest` of each error. */
const digestsNamed = (answer: Answer): unknown[] =>
  (answer.json() as { errors: { detail: { digest: string } }[] }).errors.map(
    ({ detail }) => detail.digest,
  );

describe('a manifest that is pushed', () => {
  it('5.3-25 is answered with where it is and its digest', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    const digest = digestOf(bytes);
    for (const reference of ['a-tag', digest]) {
      const { status, headers } = await put(repository, reference, bytes);
      expect(status).toBe(201);
      expect(headers.location).toBe(`/v2/${repository}/manifests/${digest}`);
      expect(headers['docker-content-digest']).toBe(digest);
      expect(headers['oci-subject']).toBeUndefined();
      expect(headers['content-length']).toBe('0');
    }
  });

  it('5.3-25 is told its subject, be that there or not', async () => {
    const repository = aRepository();
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const subject = missing(ociManifest);
    for (const bytes of [imageManifest({ config, subject }), index({ subject })]) {
      const type = bytes.includes(ociIndex) ? ociIndex : ociManifest;
      const answer = await put(repository, 'a-tag', bytes, { headers: { 'content-type': type } });
      expect([answer.status, answer.headers['oci-subject']]).toEqual([201, subject.digest]);
    }
  });

  it('5.3-25 comes back byte for byte, whatever another writer of JSON would have made of it', async () => {
    const repository = aRepository();
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const text = `\n {"layers" :[ ],\t"config":${JSON.stringify(config)},"schemaVersion":2.0,
      "mediaType":"${ociManifest.replaceAll('/', '\\/')}","x":1e2,"y":"\\u00e9é\\ud83d\\ude00"}\r\n\n`;
    const bytes = Buffer.from(text);
    expect((await put(repository, 'odd', bytes)).status).toBe(201);
    for (const reference of ['odd', digestOf(bytes)]) {
      expect((await get(repository, reference)).body.equals(bytes)).toBe(true);
    }
  });

  it('5.3-25 may be of 4 MiB and more, and is refused when it is too large, however it is sent', async () => {
    const repository = aRepository();
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const ofSize = (size: number) =>
      imageManifest({ config, annotations: { padding: 'x'.repeat(size) } });
    const large = ofSize(5 * 1024 * 1024);
    expect((await put(repository, 'large', large)).status).toBe(201);
    expect((await get(repository, 'large')).body.equals(large)).toBe(true);

    const tooLarge = ofSize(9 * 1024 * 1024);
    const announced = await put(repository, 'too-large', tooLarge);
    expect(refusal(announced)).toEqual([413, 'SIZE_INVALID']);
    const streamed = await put(repository, 'too-large', tooLarge, {
      body: (async function* () {
        yield tooLarge;
      })(),
    });
    expect(refusal(streamed)).toEqual([413, 'SIZE_INVALID']);
    expect((await head(repository, 'too-large')).status).toBe(404);
  });

  it('5.3-25 may have a sha512 digest', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    const digest = digestOf(bytes, 'sha512');
    const pushed = await put(repository, digest, bytes);
    expect([pushed.status, pushed.headers['docker-content-digest']]).toEqual([201, digest]);
    expect((await get(repository, digest)).body.equals(bytes)).toBe(true);
  });

  it('5.3-25 is refused under the digest of something else', async () => {
    const repository = aRepository();
    const answer = await put(repository, digestOf('else'), await aManifest(repository));
    expect(refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
  });

  it.each([ociManifest, ociIndex, dockerManifest, dockerList])(
    '5.3-26 keeps the type %s, without the parameters it came with',
    async (mediaType) => {
      const repository = aRepository();
      const config = await server.pushBlob(repository, someBytes(), ociConfig);
      const isImage = mediaType === ociManifest || mediaType === dockerManifest;
      const bytes = isImage ? imageManifest({ mediaType, config }) : index({ mediaType });
      const headers = { 'content-type': `${mediaType}; charset=utf-8` };
      expect((await put(repository, 'typed', bytes, { headers })).status).toBe(201);
      for (const asked of [get, head]) {
        expect((await asked(repository, 'typed')).headers['content-type']).toBe(mediaType);
      }
    },
  );
});

describe('a manifest that is asked for', () => {
  it.each(['GET', 'HEAD'])('5.3-27 %s answers with all that clients verify', async (method) => {
    const repository = aRepository();
    const { bytes, digest } = await server.pushImage(repository);
    for (const reference of ['latest', digest]) {
      const answer = await ask(method, `/v2/${repository}/manifests/${reference}`);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(ociManifest);
      expect(answer.headers['content-length']).toBe(String(bytes.length));
      expect(answer.headers['docker-content-digest']).toBe(digest);
      expect(answer.headers.etag).toBe(`"${digest}"`);
      expect(answer.body).toHaveLength(method === 'GET' ? bytes.length : 0);
    }
  });

  it.each([
    ['quoted', (digest: string) => `"${digest}"`],
    ['unquoted', (digest: string) => digest],
    ['weak', (digest: string) => `W/"${digest}"`],
    ['in a list', (digest: string) => `"other", "${digest}"`],
    ['as anything', () => '*'],
  ])('5.3-27 is not sent again to who has it, with its ETag %s', async (_, etag) => {
    const repository = aRepository();
    const { digest } = await server.pushImage(repository);
    const headers = { 'if-none-match': etag(digest) };
    for (const asked of [get, head]) {
      const answer = await asked(repository, 'latest', headers);
      expect(answer.status).toBe(304);
      expect(answer.headers.etag).toBe(`"${digest}"`);
      expect(answer.headers['docker-content-digest']).toBe(digest);
      expect(answer.body).toHaveLength(0);
    }
    const moved = await server.pushImage(repository);
    const again = await get(repository, 'latest', { 'if-none-match': `"${digest}"` });
    expect([again.status, again.headers['docker-content-digest']]).toEqual([200, moved.digest]);
  });

  it('5.3-27 is never compressed, nor is anything else', async () => {
    const repository = aRepository();
    const { config } = await server.pushImage(repository);
    const headers = { 'accept-encoding': 'zstd, gzip, deflate, br' };
    for (const path of ['manifests/latest', 'tags/list', `blobs/${config.digest}`]) {
      const answer = await ask('GET', `/v2/${repository}/${path}`, { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
    }
  });

  it.each([
    ['nothing', {}],
    ['anything', { accept: '*/*' }],
    ['another type', { accept: 'application/vnd.oci.image.index.v1+json' }],
    ['what cannot be', { accept: 'text/html;q=0.1' }],
    ['schema 1', { accept: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }],
    ['a list with weights', { accept: `${dockerManifest};q=0.9, ${ociManifest};q=0.5, */*;q=0` }],
    ['several headers', { accept: [dockerManifest, dockerList, '*/*'] }],
  ])('5.3-29 is served as it is to who accepts %s', async (_, headers) => {
    const repository = aRepository();
    const { bytes } = await server.pushImage(repository);
    const answer = await get(repository, 'latest', headers);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, ociManifest]);
    expect(answer.body.equals(bytes)).toBe(true);
  });

  it('5.3-29 is the index itself, never one of its platforms', async () => {
    const repository = aRepository();
    const image = await server.pushImage(repository, 'amd64');
    const { bytes } = await server.pushManifest(
      repository,
      'all',
      index({ manifests: [descriptorOf(ociManifest, image.bytes)] }),
      ociIndex,
    );
    const answer = await get(repository, 'all', { accept: ociManifest });
    expect(answer.headers['content-type']).toBe(ociIndex);
    expect(answer.body.equals(bytes)).toBe(true);
  });
});

describe('a method that an endpoint does not have', () => {
  it.each([
    ['POST', '/v2/a/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', '/v2/a/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['PUT', `/v2/a/blobs/${digestOf('x')}`, 'GET, HEAD, DELETE'],
    ['POST', '/v2/a/blobs/uploads/x', 'PATCH, PUT, GET, DELETE'],
    ['HEAD', '/v2/a/tags/list', 'GET'],
    ['DELETE', '/v2/a/tags/list', 'GET'],
    ['POST', `/v2/a/referrers/${digestOf('x')}`, 'GET'],
    ['PUT', '/v2/_catalog', 'GET'],
    ['DELETE', '/v2/', 'GET, HEAD'],
    ['OPTIONS', '/v2/a/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['PROPFIND', '/v2/a/b/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['TRACE', '/v2/a/b/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['GET', '/v2/a/b/blobs/uploads/', 'POST'],
    ['PUT', '/v2/a/b/blobs/uploads/', 'POST'],
    ['DELETE', '/v2/a/b/blobs/uploads', 'POST'],
  ])('5.3-28 %s %s is 405 and says which there are', async (method, path, allowed) => {
    const answer = await ask(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allowed);
    if (method !== 'HEAD') expect(refusal(answer)).toEqual([405, 'UNSUPPORTED']);
  });

  it('5.3-28 HEAD is answered like GET wherever content is served', async () => {
    const repository = aRepository();
    const { digest, layer } = await server.pushImage(repository);
    for (const path of [`blobs/${layer.digest}`, `manifests/${digest}`, 'manifests/latest']) {
      const [got, headed] = await Promise.all([
        ask('GET', `/v2/${repository}/${path}`),
        ask('HEAD', `/v2/${repository}/${path}`),
      ]);
      const comparable = ({ status, headers }: Answer) => ({
        status,
        ...headers,
        date: undefined,
        'x-request-id': undefined,
      });
      expect(comparable(headed)).toEqual(comparable(got));
    }
  });
});

describe('what is no manifest that clients pull', () => {
  const schema1 = Buffer.from('{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[]}');

  it.each([
    ['application/vnd.docker.distribution.manifest.v1+prettyjws', schema1],
    ['application/vnd.docker.distribution.manifest.v1+json', schema1],
    ['application/json', schema1],
    [ociManifest, schema1],
  ])('5.3-29 schema 1 as %s is refused in so many words', async (type, bytes) => {
    const headers = { 'content-type': type };
    const answer = await put(aRepository(), 'latest', bytes, { headers });
    expect(refusal(answer)).toEqual([400, 'MANIFEST_INVALID']);
    expect(answer.body.toString()).toMatch(/schema 1/i);
  });
});

describe('what a manifest points at', () => {
  it('5.3-30 must be there, and what is not is named, each by itself', async () => {
    const repository = aRepository();
    const [config, there] = [missing(ociConfig), await server.pushBlob(repository)];
    const layers = [there, missing(ociLayer), missing(ociLayer)];
    const answer = await put(repository, 'latest', imageManifest({ config, layers }));
    expect(refusal(answer)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    const lacking = [config, layers[1], layers[2]].map((descriptor) => descriptor?.digest);
    expect(digestsNamed(answer)).toEqual(lacking);
    expect((await head(repository, 'latest')).status).toBe(404);
  });

  it('5.3-30 must be in this repository, not in another', async () => {
    const [here, elsewhere] = [aRepository(), aRepository()];
    const layer = await server.pushBlob(elsewhere);
    const config = await server.pushBlob(here, someBytes(), ociConfig);
    const answer = await put(here, 'latest', imageManifest({ config, layers: [layer] }));
    expect(refusal(answer)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(digestsNamed(answer)).toEqual([layer.digest]);
  });

  it('5.3-30 must have the size that the manifest says', async () => {
    const repository = aRepository();
    const layer = await server.pushBlob(repository);
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const wrong = { ...layer, size: layer.size + 1 };
    const answer = await put(repository, 'latest', imageManifest({ config, layers: [wrong] }));
    expect(refusal(answer)).toEqual([400, 'MANIFEST_INVALID']);
  });

  it.each<readonly [string, Partial<Descriptor>]>([
    [
      'of a non-distributable type',
      { mediaType: `${ociLayer.replace('.v1', '.nondistributable.v1')}+gzip` },
    ],
    [
      "of Docker's foreign type",
      { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' },
    ],
    ['with URLs', { urls: ['https://example.test/layer'] }],
  ])('5.3-30 need not be there when it is a layer %s', async (_, fields) => {
    const repository = aRepository();
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const layers = [{ ...missing(ociLayer), ...fields }];
    expect((await put(repository, 'latest', imageManifest({ config, layers }))).status).toBe(201);
  });

  it('5.3-30 need not be there when it is a platform of an index, of which the client is warned', async () => {
    const repository = aRepository();
    const there = await server.pushImage(repository);
    const child = missing(ociManifest);
    const manifests = [descriptorOf(ociManifest, there.bytes), child];
    const headers = { 'content-type': ociIndex };
    const answer = await put(repository, 'sparse', index({ manifests }), { headers });
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toContain(child.digest);
    expect(answer.headers.warning).not.toContain(there.digest);
  });

  it('5.3-30 pain-21 may be layers and a config of an index, as BuildKit writes its cache', async () => {
    const repository = aRepository();
    const cacheConfig = 'application/vnd.buildkit.cacheconfig.v0';
    const manifests = [
      await server.pushBlob(repository, someBytes(), `${ociLayer}+gzip`),
      await server.pushBlob(repository, someBytes(), `${ociLayer}+zstd`),
      await server.pushBlob(repository, someBytes(), cacheConfig),
    ];
    const headers = { 'content-type': ociIndex };
    const answer = await put(repository, 'cache', index({ manifests }), { headers });
    expect([answer.status, answer.headers.warning]).toEqual([201, undefined]);

    const [layer] = manifests;
    const inUse = await ask('DELETE', `/v2/${repository}/blobs/${layer?.digest ?? ''}`);
    expect(refusal(inUse)).toEqual([409, 'DENIED']);

    const lacking = index({ manifests: [missing(`${ociLayer}+gzip`), missing(cacheConfig)] });
    const refused = await put(repository, 'cache', lacking, { headers });
    expect(refusal(refused)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  });

  it('5.3-31 may be in many repositories, each of which forgets it by itself', async () => {
    const [one, other] = [aRepository(), aRepository()];
    const { bytes, digest, config, layer } = await server.pushImage(one);
    for (const blob of [config, layer]) {
      const mount = `?mount=${blob.digest}&from=${one}`;
      expect((await ask('POST', `/v2/${other}/blobs/uploads/${mount}`)).status).toBe(201);
    }
    await server.pushManifest(other, 'latest', bytes);
    expect((await ask('DELETE', `/v2/${one}/manifests/${digest}`)).status).toBe(202);
    expect((await head(one, digest)).status).toBe(404);
    expect((await get(other, 'latest')).body.equals(bytes)).toBe(true);
  });

  it('5.3-31 may be a manifest and a blob at once, and is found only as what was pushed', async () => {
    const repository = aRepository();
    const { bytes, digest, layer } = await server.pushImage(repository);
    const asBlob = `/v2/${repository}/blobs/${digest}`;
    expect(refusal(await ask('GET', asBlob))).toEqual([404, 'BLOB_UNKNOWN']);
    expect(refusal(await get(repository, layer.digest))).toEqual([404, 'MANIFEST_UNKNOWN']);
    await server.pushBlob(repository, bytes, ociManifest);
    expect((await ask('GET', asBlob)).headers['content-type']).toBe('application/octet-stream');
    expect((await get(repository, digest)).headers['content-type']).toBe(ociManifest);
    expect((await ask('DELETE', asBlob)).status).toBe(202);
    expect((await get(repository, digest)).status).toBe(200);
  });
});

describe('a delete', () => {
  it('5.3-32 pain-6 of a tag takes away the tag and nothing else', async () => {
    const repository = aRepository();
    const { bytes, digest } = await server.pushImage(repository, 'one');
    await server.pushManifest(repository, 'two', bytes);
    expect((await ask('DELETE', `/v2/${repository}/manifests/one`)).status).toBe(202);
    expect(refusal(await get(repository, 'one'))).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect(await digestBehind(repository, 'two')).toBe(digest);
    expect((await ask('DELETE', `/v2/${repository}/manifests/two`)).status).toBe(202);
    expect((await get(repository, digest)).status).toBe(200);
  });

  it('5.3-32 pain-6 of a digest takes away the manifest and all its tags at once', async () => {
    const repository = aRepository();
    const { bytes, digest } = await server.pushImage(repository, 'one');
    await server.pushManifest(repository, 'two', bytes);
    const { digest: kept } = await server.pushImage(repository, 'three');
    expect((await ask('DELETE', `/v2/${repository}/manifests/${digest}`)).status).toBe(202);
    for (const reference of ['one', 'two', digest]) {
      expect((await head(repository, reference)).status).toBe(404);
    }
    const { tags } = (await ask('GET', `/v2/${repository}/tags/list`)).json() as { tags: string[] };
    expect(tags).toEqual(['three']);
    expect(await digestBehind(repository, 'three')).toBe(kept);
  });

  it('5.3-32 of what is not, or no longer, there is 404', async () => {
    const repository = aRepository();
    const { digest } = await server.pushBlob(repository);
    const path = `/v2/${repository}/blobs/${digest}`;
    expect((await ask('DELETE', path)).status).toBe(202);
    expect(refusal(await ask('DELETE', path))).toEqual([404, 'BLOB_UNKNOWN']);
    for (const reference of ['none', digest]) {
      const answer = await ask('DELETE', `/v2/${repository}/manifests/${reference}`);
      expect(refusal(answer)).toEqual([404, 'MANIFEST_UNKNOWN']);
    }
    const elsewhere = await ask('DELETE', `/v2/${aRepository()}/manifests/none`);
    expect(refusal(elsewhere)).toEqual([404, 'NAME_UNKNOWN']);
  });

  it('5.3-32 of what something else needs is refused, and says what', async () => {
    const repository = aRepository();
    const image = await server.pushImage(repository);
    const parent = await server.pushManifest(
      repository,
      'all',
      index({ manifests: [descriptorOf(ociManifest, image.bytes)] }),
      ociIndex,
    );
    const blob = await ask('DELETE', `/v2/${repository}/blobs/${image.layer.digest}`);
    expect(refusal(blob)).toEqual([409, 'DENIED']);
    expect(blob.body.toString()).toContain(image.digest);
    const child = await ask('DELETE', `/v2/${repository}/manifests/${image.digest}`);
    expect(refusal(child)).toEqual([409, 'DENIED']);
    expect(child.body.toString()).toContain(parent.digest);

    for (const path of [
      `manifests/${parent.digest}`,
      `manifests/${image.digest}`,
      `blobs/${image.layer.digest}`,
    ]) {
      expect((await ask('DELETE', `/v2/${repository}/${path}`)).status).toBe(202);
    }
  });
});

describe('a warning', () => {
  it('5.3-36 is 299 - "text" and short, however much there is to warn of', async () => {
    const manifests = Array.from({ length: 500 }, () => missing(ociManifest));
    const headers = { 'content-type': ociIndex };
    const answer = await put(aRepository(), 'sparse', index({ manifests }), { headers });
    expect(answer.status).toBe(201);
    expect(answer.each('warning')).toHaveLength(1);
    expect(answer.headers.warning).toMatch(/^299 - "[\x20\x21\x23-\x5b\x5d-\x7e]+"$/);
    expect(answer.headers.warning?.length).toBeLessThan(1024);
  });
});

describe('a push with more tags in its query', () => {
  it('5.3-40 sets them all and says so', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    const tags = Array.from({ length: 12 }, (_, n) => `v${n}`);
    const query = tags.map((tag) => `tag=${tag}`).join('&');
    const answer = await put(repository, `${digestOf(bytes)}?${query}`, bytes);
    expect(answer.status).toBe(201);
    expect(answer.headers['oci-tag']).toBe(tags.join(', '));
    for (const tag of tags) expect(await digestBehind(repository, tag)).toBe(digestOf(bytes));
  });

  it('5.3-40 sets none of them when one is no tag', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    for (const wrong of ['-no', 'a%2Fb', '', 'a'.repeat(129)]) {
      const answer = await put(repository, `${digestOf(bytes)}?tag=good&tag=${wrong}`, bytes);
      expect(refusal(answer)).toEqual([400, 'MANIFEST_INVALID']);
    }
    expect((await head(repository, 'good')).status).toBe(404);
  });

  it('5.3-40 answers GET, HEAD and PUT with the digest', async () => {
    const repository = aRepository();
    const { digest, layer } = await server.pushImage(repository);
    for (const path of [`manifests/latest`, `blobs/${layer.digest}`]) {
      for (const method of ['GET', 'HEAD']) {
        const { headers } = await ask(method, `/v2/${repository}/${path}`);
        expect([digest, layer.digest]).toContain(headers['docker-content-digest']);
      }
    }
  });
});

describe('a tag that is set on a condition', () => {
  it('moves only from the manifest that If-Match names', async () => {
    const repository = aRepository();
    const { digest } = await server.pushImage(repository);
    const [one, other] = [await aManifest(repository), await aManifest(repository)];
    const moved = await put(repository, 'latest', one, { headers: { 'if-match': `"${digest}"` } });
    expect([moved.status, moved.headers.etag]).toEqual([201, `"${digestOf(one)}"`]);
    const late = await put(repository, 'latest', other, { headers: { 'if-match': `"${digest}"` } });
    expect(refusal(late)).toEqual([412, 'DENIED']);
    expect(await digestBehind(repository, 'latest')).toBe(digestOf(one));
    expect((await head(repository, digestOf(other))).status).toBe(404);
  });

  it('is made by If-None-Match: * only when it is not there', async () => {
    const repository = aRepository();
    const [one, other] = [await aManifest(repository), await aManifest(repository)];
    const headers = { 'if-none-match': '*' };
    expect((await put(repository, 'latest', one, { headers })).status).toBe(201);
    const late = await put(repository, 'latest', other, { headers });
    expect(refusal(late)).toEqual([412, 'DENIED']);
    expect(await digestBehind(repository, 'latest')).toBe(digestOf(one));
  });

  it('is not made by If-Match when it is not there', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    const headers = { 'if-match': digestOf('something') };
    expect(refusal(await put(repository, 'latest', bytes, { headers }))).toEqual([412, 'DENIED']);
    expect((await head(repository, 'latest')).status).toBe(404);
  });

  it('is set once by many that try at once', async () => {
    const repository = aRepository();
    const { digest } = await server.pushImage(repository);
    const rivals = await Promise.all(Array.from({ length: 8 }, () => aManifest(repository)));
    for (const headers of [{ 'if-match': `"${digest}"` }, { 'if-none-match': '*' }]) {
      const tag = 'if-match' in headers ? 'latest' : 'fresh';
      const answers = await Promise.all(
        rivals.map((bytes) => put(repository, tag, bytes, { headers })),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, ...Array.from({ length: 7 }, () => 412)]);
      const winner = rivals[answers.findIndex(({ status }) => status === 201)] ?? '';
      expect(await digestBehind(repository, tag)).toBe(digestOf(winner));
    }
  });

  it('has no say over a push by digest, which is refused and not done without it', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    const digest = digestOf(bytes);
    for (const headers of [{ 'if-match': `"${digest}"` }, { 'if-none-match': '*' }]) {
      const answer = await put(repository, `${digest}?tag=latest`, bytes, { headers });
      expect(refusal(answer)).toEqual([400, 'UNSUPPORTED']);
      expect((await head(repository, digest)).status).toBe(404);
    }
  });

  it('is refused when the condition cannot be understood', async () => {
    const repository = aRepository();
    const bytes = await aManifest(repository);
    for (const etag of ['"nonsense"', `"${digestOf('a')}", "${digestOf('b')}"`, '', '*']) {
      const answer = await put(repository, 'latest', bytes, { headers: { 'if-match': etag } });
      expect(refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
    }
  });
});
