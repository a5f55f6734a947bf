import {
  descriptorOf,
  digestOf,
  imageManifest,
  index,
  missing,
  ociConfig,
  ociIndex,
  ociManifest,
  someBytes,
  type Descriptor,
} from './content.ts';
import { refusal } from './exchange.ts';
import { aRepository, suiteServer } from './suite-server.ts';

const server = suiteServer();
const { ask } = server;

/** Sorted as bytes, not as words. */
const inByteOrder = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** The path in a `Link` to the next page, which must be relative: behind a proxy no other would do. */
const nextOf = (link: string | undefined): string | undefined => {
  if (link === undefined) return undefined;
  const [, path] = /^<(\/v2\/[^>]+)>; rel="next"$/.exec(link) ?? [];
  if (path === undefined) throw new Error(`not a relative link to the next page: ${link}`);
  return path;
};

/** What is under `key` of every page from this path on. */
const pages = async <Item>(path: string, key: string): Promise<Item[][]> => {
  const all: Item[][] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const answer = await ask('GET', next);
    expect(answer.status).toBe(200);
    all.push((answer.json() as Record<string, Item[]>)[key] ?? []);
    next = nextOf(answer.headers.link);
  }
  return all;
};

/** A repository with one manifest that has all these tags. */
const taggedWith = async (tags: readonly string[]): Promise<string> => {
  const repository = aRepository();
  const bytes = imageManifest({ config: await server.pushBlob(repository) });
  const query = tags.map((tag) => `tag=${tag}`).join('&');
  await server.pushManifest(repository, `${digestOf(bytes)}?${query}`, bytes);
  return repository;
};

describe('the tags of a repository', () => {
  const tags = ['b', 'B', '_x', 'a', '0', 'a-1', 'a.1', 'a_1', 'A', 'a1'];

  it('5.3-33 come with its name, in the order of their bytes', async () => {
    const repository = await taggedWith(tags);
    const answer = await ask('GET', `/v2/${repository}/tags/list`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json()).toEqual({ name: repository, tags: inByteOrder(tags) });
    expect(answer.headers.link).toBeUndefined();
  });

  it.each([1, 2, 3, 9, 10, 11])('5.3-33 come in pages of %d, each once', async (n) => {
    const repository = await taggedWith(tags);
    const found = await pages<string>(`/v2/${repository}/tags/list?n=${n}`, 'tags');
    expect(found.flat()).toEqual(inByteOrder(tags));
    expect(found).toHaveLength(Math.ceil(tags.length / n));
  });

  it('5.3-33 are none, and not null, when there are none', async () => {
    const repository = aRepository();
    await server.pushBlob(repository);
    const answer = await ask('GET', `/v2/${repository}/tags/list`);
    expect([answer.status, answer.json()]).toEqual([200, { name: repository, tags: [] }]);
  });

  it('5.3-33 are none when none are asked for, and nothing follows', async () => {
    const repository = await taggedWith(tags);
    const answer = await ask('GET', `/v2/${repository}/tags/list?n=0`);
    expect(answer.json()).toEqual({ name: repository, tags: [] });
    expect(answer.headers.link).toBeUndefined();
  });

  it('5.3-33 go on behind a tag that need not be there', async () => {
    const repository = await taggedWith(['a', 'b', 'd']);
    for (const [last, expected] of [
      ['c', ['d']],
      ['a', ['b', 'd']],
      ['z', []],
      ['', ['a', 'b', 'd']],
      ['%C3%A4', []],
    ] as const) {
      const answer = await ask('GET', `/v2/${repository}/tags/list?last=${last}`);
      expect(answer.json()).toEqual({ name: repository, tags: expected });
    }
  });

  it('pain-5 are not skipped or repeated when others come and go between two pages', async () => {
    const repository = await taggedWith(['b', 'd', 'f', 'h']);
    const first = await ask('GET', `/v2/${repository}/tags/list?n=2`);
    expect(first.json()).toEqual({ name: repository, tags: ['b', 'd'] });
    await ask('DELETE', `/v2/${repository}/manifests/b`);
    await ask('DELETE', `/v2/${repository}/manifests/d`);
    await server.pushImage(repository, 'a');
    const second = await ask('GET', nextOf(first.headers.link) ?? '');
    expect(second.json()).toEqual({ name: repository, tags: ['f', 'h'] });
  });

  it('5.3-33 of a repository that is not there are not an empty list', async () => {
    const answer = await ask('GET', `/v2/${aRepository()}/tags/list`);
    expect(refusal(answer)).toEqual([404, 'NAME_UNKNOWN']);
  });

  it.each(['-1', 'ten', '1.5', '1e3', '%00', '0x10'])(
    '5.3-33 are not given n=%s at a time',
    async (n) => {
      const repository = await taggedWith(tags);
      const answer = await ask('GET', `/v2/${repository}/tags/list?n=${n}`);
      expect(refusal(answer)).toEqual([400, 'UNSUPPORTED']);
    },
  );

  it('5.3-33 may be asked for in any number', async () => {
    const repository = await taggedWith(tags);
    const answer = await ask('GET', `/v2/${repository}/tags/list?n=99999999999999999999`);
    expect(answer.json()).toEqual({ name: repository, tags: inByteOrder(tags) });
  });
});

describe('the catalog', () => {
  it('5.3-34 lists every repository by pages, in the order of their bytes', async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const repository = aRepository();
        await server.pushBlob(repository);
        return repository;
      }),
    );
    const [whole = []] = await pages<string>('/v2/_catalog', 'repositories');
    expect(whole).toEqual(inByteOrder(whole));
    expect(whole).toEqual(expect.arrayContaining(made));
    expect((await pages<string>('/v2/_catalog?n=2', 'repositories')).flat()).toEqual(whole);
    expect(await pages<string>('/v2/_catalog?n=1000000', 'repositories')).toEqual([whole]);
    const behind = whole[1] ?? '';
    const [rest] = await pages<string>(`/v2/_catalog?last=${behind}`, 'repositories');
    expect(rest).toEqual(whole.slice(2));
  });

  it('5.3-34 is for who was granted it', async () => {
    const list = async (...scopes: string[]) => {
      const headers = { authorization: `Bearer ${await server.tokenFor(...scopes)}` };
      return server.askAsNobody('GET', '/v2/_catalog', { headers });
    };
    expect((await list('registry:catalog:*')).status).toBe(200);
    for (const scope of ['repository:a:pull', 'registry:catalog:pull', 'repository:catalog:*']) {
      expect(refusal(await list(scope))).toEqual([401, 'UNAUTHORIZED']);
    }
    expect((await server.askAsNobody('GET', '/v2/_catalog')).status).toBe(401);
  });
});

describe('the referrers of a digest', () => {
  const referrersOf = async (repository: string, subject: string, query = '') => {
    const answer = await ask('GET', `/v2/${repository}/referrers/${subject}${query}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, ociIndex]);
    return { ...answer, ...(answer.json() as { manifests: Descriptor[] }) };
  };

  it('5.3-35 pain-20 are an empty index when subject or repository are not there, never a 404', async () => {
    const repository = aRepository();
    await server.pushBlob(repository);
    for (const name of [repository, aRepository()]) {
      for (const subject of [digestOf(someBytes()), digestOf(someBytes(), 'sha512')]) {
        const { json } = await referrersOf(name, subject);
        expect(json()).toEqual({ schemaVersion: 2, mediaType: ociIndex, manifests: [] });
      }
    }
  });

  it.each([
    'latest',
    'sha256:abc',
    'md5:d41d8cd98f00b204e9800998ecf8427e',
    digestOf('').toUpperCase(),
  ])('5.3-35 of %s, which is no digest, are refused', async (text) => {
    const answer = await ask('GET', `/v2/${aRepository()}/referrers/${text}`);
    expect(refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
  });

  it('5.3-35 tell what they are: artifact type, annotations, size', async () => {
    const repository = aRepository();
    const subject = missing(ociManifest);
    const annotations = { 'org.example.note': 'é "quoted"', empty: '' };
    const config = await server.pushBlob(repository, someBytes(), 'application/vnd.example.config');
    const images = [
      imageManifest({ config, subject, artifactType: 'application/vnd.example.sbom', annotations }),
      imageManifest({ config, subject }),
    ];
    const indexes = [
      index({ subject, artifactType: 'application/vnd.example.index' }),
      index({ subject, annotations }),
    ];
    for (const bytes of images) await server.pushManifest(repository, digestOf(bytes), bytes);
    for (const bytes of indexes) {
      await server.pushManifest(repository, digestOf(bytes), bytes, ociIndex);
    }
    const described = [
      {
        ...descriptorOf(ociManifest, images[0] ?? Buffer.of()),
        artifactType: 'application/vnd.example.sbom',
        annotations,
      },
      { ...descriptorOf(ociManifest, images[1] ?? Buffer.of()), artifactType: config.mediaType },
      {
        ...descriptorOf(ociIndex, indexes[0] ?? Buffer.of()),
        artifactType: 'application/vnd.example.index',
      },
      { ...descriptorOf(ociIndex, indexes[1] ?? Buffer.of()), annotations },
    ];
    const { manifests } = await referrersOf(repository, subject.digest);
    expect(manifests).toHaveLength(4);
    expect(manifests).toEqual(expect.arrayContaining(described));
  });

  it('5.3-35 are filtered by artifact type, and the answer says so', async () => {
    const repository = aRepository();
    const { digest, bytes } = await server.pushImage(repository);
    const subject = descriptorOf(ociManifest, bytes);
    const [one, other] = ['application/vnd.example.one', 'application/vnd.example.other'];
    const first = await server.pushImage(repository, 'one', { subject, artifactType: one });
    await server.pushImage(repository, 'other', { subject, artifactType: other });

    const whole = await referrersOf(repository, digest);
    expect(whole.headers['oci-filters-applied']).toBeUndefined();
    expect(whole.manifests).toHaveLength(2);
    const filtered = await referrersOf(repository, digest, `?artifactType=${one}`);
    expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
    expect(filtered.manifests.map((descriptor) => descriptor.digest)).toEqual([first.digest]);
    const none = await referrersOf(repository, digest, '?artifactType=application/vnd.none');
    expect(none.headers['oci-filters-applied']).toBe('artifactType');
    expect(none.manifests).toEqual([]);
  });

  it('5.3-35 come in pages that clients can hold, with the filter in the link', async () => {
    const repository = aRepository();
    const subject = missing(ociManifest);
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const artifactType = 'application/vnd.example.large+json';
    const pushed: string[] = [];
    for (let n = 0; n < 6; n++) {
      const annotations = { large: `${n}`.repeat(900_000) };
      const bytes = imageManifest({ config, subject, artifactType, annotations });
      pushed.push((await server.pushManifest(repository, `n${n}`, bytes)).digest);
    }
    await server.pushImage(repository, 'small', { subject, artifactType: 'application/small' });

    const path = `/v2/${repository}/referrers/${subject.digest}`;
    const query = `?artifactType=${encodeURIComponent(artifactType)}`;
    const found = await pages<Descriptor>(path + query, 'manifests');
    expect(found.length).toBeGreaterThan(1);
    for (const page of found) expect(JSON.stringify(page).length).toBeLessThan(4 * 1024 * 1024);
    expect(found.flat().map(({ digest }) => digest)).toEqual(inByteOrder(pushed));
    expect((await pages<Descriptor>(path, 'manifests')).flat()).toHaveLength(7);
  });

  it('5.3-35 are there although they were pushed for a registry that lists none, under a fallback tag', async () => {
    const repository = aRepository();
    const { digest, bytes } = await server.pushImage(repository);
    const subject = descriptorOf(ociManifest, bytes);
    const signature = await server.pushImage(repository, 'signature', { subject });
    const listed = { ...descriptorOf(ociManifest, signature.bytes), artifactType: ociConfig };
    const fallback = index({ manifests: [listed] });
    await server.pushManifest(repository, digest.replace(':', '-'), fallback, ociIndex);
    const { manifests } = await referrersOf(repository, digest);
    expect(manifests).toEqual([listed]);
  });

  it('5.3-35 outlive their subject, and end with themselves', async () => {
    const repository = aRepository();
    const { digest, bytes } = await server.pushImage(repository);
    const subject = descriptorOf(ociManifest, bytes);
    const { digest: referrer } = await server.pushImage(repository, 'referrer', { subject });
    expect((await ask('DELETE', `/v2/${repository}/manifests/${digest}`)).status).toBe(202);
    expect((await referrersOf(repository, digest)).manifests).toHaveLength(1);
    expect((await ask('DELETE', `/v2/${repository}/manifests/${referrer}`)).status).toBe(202);
    expect((await referrersOf(repository, digest)).manifests).toEqual([]);
  });

  it('5.3-35 of another repository are not shown', async () => {
    const [here, elsewhere] = [aRepository(), aRepository()];
    const subject = missing(ociManifest);
    await server.pushImage(elsewhere, 'referrer', { subject });
    expect((await referrersOf(here, subject.digest)).manifests).toEqual([]);
  });
});

describe('a refusal', () => {
  it('5.3-37 that will not pass has no code that makes clients try again', async () => {
    const repository = aRepository();
    const { digest, layer } = await server.pushImage(repository);
    const blobs = `/v2/${repository}/blobs`;
    const upload = await server.startUpload(repository);
    const refusals = await Promise.all([
      ask('GET', `${blobs}/${digestOf(someBytes())}`),
      ask('DELETE', `${blobs}/${layer.digest}`),
      ask('PUT', `${upload}?digest=x`),
      ask('PATCH', upload.slice(0, -1)),
      ask('PUT', `/v2/${repository}/manifests/latest`, { body: '{}' }),
      ask('PUT', `/v2/${repository}/manifests/latest`, {
        body: '{}',
        headers: { 'if-match': digest },
      }),
      ask('PUT', `/v2/${repository}/manifests/latest`, {
        headers: { 'content-length': '99999999999' },
      }),
      ask('GET', '/v2/A/tags/list'),
      ask('GET', '/v2/nowhere/at/all'),
      ask('POST', '/v2/a/tags/list'),
      server.askAsNobody('GET', `/v2/${repository}/tags/list`),
    ]);
    for (const answer of refusals) {
      const [status, code] = refusal(answer);
      expect([400, 401, 404, 405, 409, 412, 413]).toContain(status);
      expect(['BLOB_UPLOAD_INVALID', 'TOOMANYREQUESTS', 'UNKNOWN', 'UNAVAILABLE']).not.toContain(
        code,
      );
    }
  });
});

describe('a pull that names the registry it means', () => {
  it('5.3-38 by ?ns= is answered like one that does not', async () => {
    const repository = aRepository();
    const { bytes, layer } = await server.pushImage(repository);
    const manifest = await ask('GET', `/v2/${repository}/manifests/latest?ns=docker.io`);
    expect(manifest.body.equals(bytes)).toBe(true);
    const blob = await ask('HEAD', `/v2/${repository}/blobs/${layer.digest}?ns=docker.io`);
    expect(blob.status).toBe(200);
  });
});

/** A name that is described by its length, or that is given as it is. */
const long = (what: string): string => {
  const [, count, unit] = /^(\d+) (components|letters)$/.exec(what) ?? [];
  if (count === undefined) return what;
  return Array.from({ length: Number(count) }, () => 'x').join(unit === 'components' ? '/' : '');
};

describe('a repository', () => {
  it.each([
    'a',
    '0',
    'a/b/c/d/e/f',
    'a.b-c_d__e---f/0.1',
    'manifests',
    'blobs/uploads',
    'tags/list',
    'x/manifests',
    'x/blobs',
    'x/blobs/uploads',
    'x/tags',
    'x/tags/list',
    'x/referrers',
    'x/manifests/y',
    'v2/x',
    '128 components',
    '255 letters',
  ])('5.3-39 may be called %s', async (what) => {
    const name = long(what);
    const { bytes, digest, layer } = await server.pushImage(name, 'list');
    expect((await ask('GET', `/v2/${name}/manifests/list`)).body.equals(bytes)).toBe(true);
    expect((await ask('HEAD', `/v2/${name}/blobs/${layer.digest}`)).status).toBe(200);
    expect((await ask('GET', `/v2/${name}/referrers/${digest}`)).status).toBe(200);
    const listed = (await ask('GET', `/v2/${name}/tags/list`)).json();
    expect(listed).toEqual({ name, tags: ['list'] });
    const upload = await server.startUpload(name);
    expect((await ask('GET', upload)).status).toBe(204);
    expect((await ask('DELETE', `/v2/${name}/manifests/${digest}`)).status).toBe(202);
  });

  it.each([
    'A',
    'a/B',
    '-a',
    'a-',
    'a/-b',
    'a..b',
    'a___b',
    'a._b',
    'a/.b',
    '_a',
    '%C3%A4',
    'a%20b',
    'a%00b',
    'a%0Ab',
    'a//b',
    '/a',
    'a:5000/b',
    'a@b',
    '..',
    'a/../b',
    'a/%2e%2e/b',
    '%2e%2e%2f%2e%2e%2fetc',
    '129 components',
    '256 letters',
    '10000 letters',
  ])('5.3-39 may not be called %s', async (what) => {
    const name = long(what);
    for (const [method, path] of [
      ['GET', `/v2/${name}/tags/list`],
      ['PUT', `/v2/${name}/manifests/latest`],
      ['POST', `/v2/${name}/blobs/uploads/`],
    ] as const) {
      expect(refusal(await ask(method, path))).toEqual([400, 'NAME_INVALID']);
    }
  });
});

describe('a tag', () => {
  it.each(['a', '_', '0.1-rc_1', 'LATEST', 'list', '128 letters'])(
    '5.3-39 may be called %s',
    async (what) => {
      const tag = long(what);
      const repository = aRepository();
      const { digest } = await server.pushImage(repository, tag);
      const { headers } = await ask('HEAD', `/v2/${repository}/manifests/${tag}`);
      expect(headers['docker-content-digest']).toBe(digest);
    },
  );

  it.each(['-a', '.a', 'a%2Fb', 'a+b', '%C3%A4', 'a%00', 'a%20', '..', '%2e%2e', '129 letters'])(
    '5.3-39 may not be called %s',
    async (what) => {
      const path = `/v2/${aRepository()}/manifests/${long(what)}`;
      expect(refusal(await ask('PUT', path, { body: '{}' }))).toEqual([400, 'MANIFEST_INVALID']);
      expect(refusal(await ask('GET', path))).toEqual([400, 'MANIFEST_INVALID']);
    },
  );
});

describe('a path that is no endpoint', () => {
  it.each([
    '/v2/nowhere',
    '/v2/a/b',
    '/v2/a/manifests',
    '/v2/a/manifests/',
    '/v2/a/manifests/x/y',
    '/v2/a/tags',
    '/v2/a/tags/list/x',
    '/v2/a/referrers/',
    '/v2/a/blobs',
    '/v2/_catalog/x',
    '/v2/search?q=x',
    '/v2//',
    '/v2/manifests/latest',
    '/v2/%ZZ',
    '/v2/a/manifests/%E0%A4%A',
    '/v2/a/manifests/%',
    '/v2/%',
  ])('pain-20 as %s is answered in JSON that registry clients show', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask(method, path, { headers: { accept: 'text/html' } });
      const [status, code] = refusal(answer);
      expect([400, 404, 405]).toContain(status);
      expect(code).not.toBe('UNKNOWN');
    }
  });
});
