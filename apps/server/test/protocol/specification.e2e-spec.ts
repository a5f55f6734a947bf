import {
  descriptorOf,
  digestOf,
  imageManifest,
  missing,
  ociConfig,
  ociIndex,
  ociManifest,
  someBytes,
} from './content.ts';
import { refusal } from './exchange.ts';
import { aRepository, suiteServer } from './suite-server.ts';

const server = suiteServer();
const { ask } = server;

/** distribution-spec main, spec.md#endpoints */
describe('the endpoints of the specification', () => {
  const repository = aRepository();
  const name = `/v2/${repository}`;

  it('end-1 GET /v2/ says that this is a registry', async () => {
    expect((await ask('GET', '/v2/')).status).toBe(200);
  });

  it('end-2 GET and HEAD /v2/<name>/blobs/<digest> serve a blob', async () => {
    const bytes = someBytes();
    const { digest } = await server.pushBlob(repository, bytes);
    expect((await ask('GET', `${name}/blobs/${digest}`)).body.equals(bytes)).toBe(true);
    expect((await ask('HEAD', `${name}/blobs/${digest}`)).status).toBe(200);
    expect((await ask('HEAD', `${name}/blobs/${digestOf(someBytes())}`)).status).toBe(404);
  });

  it('end-3 GET and HEAD /v2/<name>/manifests/<reference> serve a manifest', async () => {
    const { bytes, digest } = await server.pushImage(repository, 'end-3');
    for (const reference of ['end-3', digest]) {
      const path = `${name}/manifests/${reference}`;
      expect((await ask('GET', path)).body.equals(bytes)).toBe(true);
      expect((await ask('HEAD', path)).status).toBe(200);
    }
    expect((await ask('HEAD', `${name}/manifests/none`)).status).toBe(404);
  });

  it('end-4a POST /v2/<name>/blobs/uploads/ begins an upload', async () => {
    const { status, headers } = await ask('POST', `${name}/blobs/uploads/`);
    expect(status).toBe(202);
    expect((await ask('GET', headers.location ?? '')).status).toBe(204);
  });

  it('end-4b POST /v2/<name>/blobs/uploads/?digest=<digest> takes a whole blob', async () => {
    const bytes = someBytes();
    const path = `${name}/blobs/uploads/?digest=${digestOf(bytes)}`;
    const { status, headers } = await ask('POST', path, { body: bytes });
    expect([status, headers.location]).toEqual([201, `${name}/blobs/${digestOf(bytes)}`]);
    expect((await ask('GET', headers.location ?? '')).body.equals(bytes)).toBe(true);
  });

  it('end-4c POST /v2/<name>/blobs/uploads/?digest-algorithm=<algorithm> begins an upload', async () => {
    const bytes = someBytes();
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const upload = await server.startUpload(repository, `?digest-algorithm=${algorithm}`);
      await ask('PATCH', upload, { body: bytes });
      const put = await ask('PUT', `${upload}?digest=${digestOf(bytes, algorithm)}`);
      expect(put.status).toBe(201);
    }
  });

  it('end-5 PATCH /v2/<name>/blobs/uploads/<reference> takes a chunk', async () => {
    const upload = await server.startUpload(repository);
    const headers = { 'content-range': '0-99', 'content-type': 'application/octet-stream' };
    const answer = await ask('PATCH', upload, { headers, body: someBytes(100) });
    expect([answer.status, answer.headers.range]).toEqual([202, '0-99']);
    expect(answer.headers.location).toBe(upload);
  });

  it('end-6 PUT /v2/<name>/blobs/uploads/<reference>?digest=<digest> ends an upload', async () => {
    const bytes = someBytes();
    const upload = await server.startUpload(repository);
    const answer = await ask('PUT', `${upload}?digest=${digestOf(bytes)}`, { body: bytes });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`${name}/blobs/${digestOf(bytes)}`);
  });

  it('end-7a PUT /v2/<name>/manifests/<reference> takes a manifest', async () => {
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const body = imageManifest({ config });
    const headers = { 'content-type': ociManifest };
    for (const reference of ['end-7a', digestOf(body)]) {
      const answer = await ask('PUT', `${name}/manifests/${reference}`, { headers, body });
      expect(answer.status).toBe(201);
      expect(answer.headers['docker-content-digest']).toBe(digestOf(body));
    }
  });

  it('end-7b PUT /v2/<name>/manifests/<digest>?tag=1&tag=2 takes a manifest and its tags', async () => {
    const config = await server.pushBlob(repository, someBytes(), ociConfig);
    const body = imageManifest({ config });
    const headers = { 'content-type': ociManifest };
    const path = `${name}/manifests/${digestOf(body)}?tag=end-7b-1&tag=end-7b-2`;
    const answer = await ask('PUT', path, { headers, body });
    expect([answer.status, answer.headers['oci-tag']]).toEqual([201, 'end-7b-1, end-7b-2']);
    for (const tag of ['end-7b-1', 'end-7b-2']) {
      expect((await ask('GET', `${name}/manifests/${tag}`)).body.equals(body)).toBe(true);
    }
  });

  it('end-8a GET /v2/<name>/tags/list lists tags', async () => {
    const other = aRepository();
    await server.pushImage(other, 'a');
    expect((await ask('GET', `/v2/${other}/tags/list`)).json()).toEqual({
      name: other,
      tags: ['a'],
    });
  });

  it('end-8b GET /v2/<name>/tags/list?n=<integer>&last=<tag> lists some of them', async () => {
    const other = aRepository();
    for (const tag of ['a', 'b', 'c', 'd']) await server.pushImage(other, tag);
    const answer = await ask('GET', `/v2/${other}/tags/list?n=2&last=a`);
    expect(answer.json()).toEqual({ name: other, tags: ['b', 'c'] });
    expect(answer.headers.link).toBe(`</v2/${other}/tags/list?n=2&last=c>; rel="next"`);
  });

  it('end-9 DELETE /v2/<name>/manifests/<reference> takes a tag or a manifest away', async () => {
    const { digest } = await server.pushImage(repository, 'end-9');
    for (const reference of ['end-9', digest]) {
      expect((await ask('DELETE', `${name}/manifests/${reference}`)).status).toBe(202);
      expect((await ask('GET', `${name}/manifests/${reference}`)).status).toBe(404);
    }
  });

  it('end-10 DELETE /v2/<name>/blobs/<digest> takes a blob away', async () => {
    const { digest } = await server.pushBlob(repository);
    expect((await ask('DELETE', `${name}/blobs/${digest}`)).status).toBe(202);
    expect((await ask('GET', `${name}/blobs/${digest}`)).status).toBe(404);
  });

  it('end-11 POST /v2/<name>/blobs/uploads/?mount=<digest>&from=<other> mounts a blob', async () => {
    const other = aRepository();
    const { digest } = await server.pushBlob(repository);
    const path = `/v2/${other}/blobs/uploads/?mount=${digest}&from=${repository}`;
    const { status, headers } = await ask('POST', path);
    expect([status, headers.location]).toEqual([201, `/v2/${other}/blobs/${digest}`]);
    expect((await ask('HEAD', `/v2/${other}/blobs/${digest}`)).status).toBe(200);
  });

  it('end-12a GET /v2/<name>/referrers/<digest> lists what names it as its subject', async () => {
    const subject = missing(ociManifest);
    const referrer = await server.pushImage(repository, 'end-12a', { subject });
    const answer = await ask('GET', `${name}/referrers/${subject.digest}`);
    expect(answer.json()).toEqual({
      schemaVersion: 2,
      mediaType: ociIndex,
      manifests: [{ ...descriptorOf(ociManifest, referrer.bytes), artifactType: ociConfig }],
    });
  });

  it('end-12b GET /v2/<name>/referrers/<digest>?artifactType=<type> lists those of one type', async () => {
    const subject = missing(ociManifest);
    const [one, other] = ['application/vnd.example.one', 'application/vnd.example.other'];
    await server.pushImage(repository, 'end-12b-1', { subject, artifactType: one });
    const wanted = await server.pushImage(repository, 'end-12b-2', {
      subject,
      artifactType: other,
    });
    const answer = await ask('GET', `${name}/referrers/${subject.digest}?artifactType=${other}`);
    expect(answer.headers['oci-filters-applied']).toBe('artifactType');
    expect(answer.json()).toMatchObject({ manifests: [{ digest: wanted.digest }] });
  });

  it('end-13 GET /v2/<name>/blobs/uploads/<reference> says how far an upload is', async () => {
    const upload = await server.startUpload(repository);
    await ask('PATCH', upload, { body: someBytes(50) });
    const { status, headers } = await ask('GET', upload);
    expect([status, headers.range, headers.location]).toEqual([204, '0-49', upload]);
  });

  it('end-14 DELETE /v2/<name>/blobs/uploads/<reference> cancels an upload', async () => {
    const upload = await server.startUpload(repository);
    expect((await ask('DELETE', upload)).status).toBe(204);
    expect((await ask('GET', upload)).status).toBe(404);
  });
});

/** distribution-spec v1.1, spec.md#error-codes */
describe('the error codes of the specification', () => {
  const repository = aRepository();
  const name = `/v2/${repository}`;

  beforeAll(() => server.pushImage(repository));

  it('code-1 BLOB_UNKNOWN is a blob that the repository does not have', async () => {
    const answer = await ask('GET', `${name}/blobs/${digestOf(someBytes())}`);
    expect(refusal(answer)).toEqual([404, 'BLOB_UNKNOWN']);
  });

  it('code-2 BLOB_UPLOAD_INVALID is a chunk that does not follow the last', async () => {
    const upload = await server.startUpload(repository);
    const headers = { 'content-range': '10-19' };
    const answer = await ask('PATCH', upload, { headers, body: someBytes(10) });
    expect(refusal(answer)).toEqual([416, 'BLOB_UPLOAD_INVALID']);
  });

  it('code-3 BLOB_UPLOAD_UNKNOWN is an upload that nobody began', async () => {
    const path = `${name}/blobs/uploads/00000000-0000-4000-8000-000000000000`;
    expect(refusal(await ask('PATCH', path))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  it('code-4 DIGEST_INVALID is a digest that is none, or not that of the content', async () => {
    const upload = await server.startUpload(repository);
    for (const digest of ['sha256:abc', digestOf('something else')]) {
      const answer = await ask('PUT', `${upload}?digest=${digest}`, { body: 'something' });
      expect(refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
    }
  });

  it('code-5 MANIFEST_BLOB_UNKNOWN is a manifest that points at what is not there', async () => {
    const answer = await ask('PUT', `${name}/manifests/latest`, {
      headers: { 'content-type': ociManifest },
      body: imageManifest({ config: missing(ociConfig) }),
    });
    expect(refusal(answer)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  });

  it('code-6 MANIFEST_INVALID is a manifest that is none', async () => {
    const headers = { 'content-type': ociManifest };
    for (const body of ['', 'x', '[]', '{}', '{"schemaVersion":2}']) {
      const answer = await ask('PUT', `${name}/manifests/latest`, { headers, body });
      expect(refusal(answer)).toEqual([400, 'MANIFEST_INVALID']);
    }
  });

  it('code-7 MANIFEST_UNKNOWN is a manifest or a tag that the repository does not have', async () => {
    for (const reference of ['none', digestOf(someBytes())]) {
      const answer = await ask('GET', `${name}/manifests/${reference}`);
      expect(refusal(answer)).toEqual([404, 'MANIFEST_UNKNOWN']);
    }
  });

  it('code-8 NAME_INVALID is a repository that cannot be', async () => {
    expect(refusal(await ask('GET', '/v2/A/tags/list'))).toEqual([400, 'NAME_INVALID']);
  });

  it('code-9 NAME_UNKNOWN is a repository that is not there', async () => {
    for (const path of ['tags/list', 'manifests/latest', `blobs/${digestOf('')}`]) {
      const answer = await ask('GET', `/v2/${aRepository()}/${path}`);
      expect(refusal(answer)).toEqual([404, 'NAME_UNKNOWN']);
    }
  });

  it('code-10 SIZE_INVALID is content of another length than was announced', async () => {
    const upload = await server.startUpload(repository);
    const headers = { 'content-range': '0-9' };
    const answer = await ask('PATCH', upload, { headers, body: someBytes(11) });
    expect(refusal(answer)).toEqual([400, 'SIZE_INVALID']);
  });

  it('code-11 UNAUTHORIZED is a request without credentials, or with wrong ones', async () => {
    const headers = { authorization: 'Bearer nonsense' };
    for (const question of [{}, { headers }]) {
      const answer = await server.askAsNobody('GET', `${name}/tags/list`, question);
      expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
    }
  });

  it('code-12 DENIED is what stands in the way of something else', async () => {
    const { layer } = await server.pushImage(repository);
    const answer = await ask('DELETE', `${name}/blobs/${layer.digest}`);
    expect(refusal(answer)).toEqual([409, 'DENIED']);
  });

  it('code-13 UNSUPPORTED is what the registry does not do', async () => {
    expect(refusal(await ask('POST', `${name}/tags/list`))).toEqual([405, 'UNSUPPORTED']);
  });

  it('code-14 TOOMANYREQUESTS is said to nobody: a hundred requests at once are answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => ask('HEAD', `${name}/manifests/latest`)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
