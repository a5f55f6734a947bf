import { join } from 'node:path';
import { client } from '../client.ts';
import { hugeLayerImage, multiPlatformIndex, multiLayerImage } from '../images.ts';
import { describeWith } from '../needs.ts';
import { contentOfLayout } from '../oci-layout.ts';
import { digestOf, someBytes } from '../protocol/content.ts';
import { refusal } from '../protocol/exchange.ts';
import { aRepository, suiteServer } from '../protocol/suite-server.ts';
import { inS3, redirecting, suiteS3 } from '../s3-suite.ts';
import { suiteRegistry } from '../suite-registry.ts';

const limit = 120_000;
const signed = /^GET \/slipway\/blobs\/\S+X-Amz-Signature=/;

describeWith({ tools: ['versitygw'] }, 'a registry that sends clients to S3', () => {
  const s3 = suiteS3();
  const server = suiteServer(async () => ({ env: inS3(s3, { SLIPWAY_S3_REDIRECT: 'on' }) }));
  const bytes = someBytes(100_000);
  const path = (repository: string) => `/v2/${repository}/blobs/${digestOf(bytes)}`;

  it('5.4-41 answers a GET of a blob by 307 to a URL that has exactly its bytes, for GET alone', async () => {
    const repository = aRepository();
    await server.pushBlob(repository, bytes);
    const answer = await server.ask('GET', path(repository));
    expect([answer.status, answer.headers['docker-content-digest']]).toEqual([
      307,
      digestOf(bytes),
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
    const location = answer.headers.location ?? '';
    const stored = await fetch(location);
    expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(true);
    expect(stored.headers.get('content-type')).toBe('application/octet-stream');
    expect((await fetch(location, { method: 'HEAD' })).status).toBe(403);
    expect(server.slipway.log()).not.toContain('X-Amz-Signature');
  });

  it('5.4-43 sends one range on and answers several itself', async () => {
    const repository = aRepository();
    await server.pushBlob(repository, bytes);
    const one = { headers: { range: 'bytes=10-19' } };
    const sent = await server.ask('GET', path(repository), one);
    expect(sent.status).toBe(307);
    const part = await fetch(sent.headers.location ?? '', one);
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/100000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);

    const two = { headers: { range: 'bytes=10-19,90-99' } };
    const several = await server.ask('GET', path(repository), two);
    expect(several.status).toBe(206);
    expect(several.headers['content-type']).toMatch(/^multipart\/byteranges/);
    expect(several.body.includes(bytes.subarray(90, 100))).toBe(true);
    for (const range of ['bytes=20-10', 'bytes=-', 'lines=1-2']) {
      const answer = await server.ask('GET', path(repository), { headers: { range } });
      expect([200, 416]).toContain(answer.status);
    }
    const suffix = await server.ask('GET', path(repository), { headers: { range: 'bytes=-5' } });
    expect(suffix.status).toBe(307);
  });

  it('5.4-42 answers what is no plain GET itself', async () => {
    const repository = aRepository();
    await server.pushBlob(repository, bytes);
    const head = await server.ask('HEAD', path(repository));
    expect([head.status, head.headers['content-length']]).toEqual([200, '100000']);
    const etag = `"${digestOf(bytes)}"`;
    const current = { headers: { 'if-none-match': etag } };
    expect((await server.ask('GET', path(repository), current)).status).toBe(304);
    const conditional = { headers: { 'if-range': etag, range: 'bytes=10-19' } };
    expect((await server.ask('GET', path(repository), conditional)).status).toBe(206);
  });

  it('5.4-45 sends nobody to a blob that the repository does not hold', async () => {
    await server.pushBlob(aRepository(), bytes);
    expect(refusal(await server.ask('GET', path(aRepository())))[0]).toBe(404);
    expect(refusal(await server.askAsNobody('GET', path(aRepository())))[0]).toBe(401);
  });
});

describeWith({ tools: ['versitygw'] }, 'a registry that serves this network itself', () => {
  const s3 = suiteS3();
  const server = suiteServer(async () => ({
    env: inS3(s3, {
      SLIPWAY_S3_REDIRECT: 'on',
      SLIPWAY_S3_PROXIED_NETWORKS: '10.0.0.0/8,127.0.0.0/8',
    }),
  }));

  it('sends nobody of it away', async () => {
    const repository = aRepository();
    const bytes = someBytes(100_000);
    await server.pushBlob(repository, bytes);
    const answer = await server.ask('GET', `/v2/${repository}/blobs/${digestOf(bytes)}`);
    expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
  });
});

describe.each([
  ['passes blobs on', 'off'],
  ['sends clients to S3', 'on'],
] as const)('a registry that keeps blobs in S3 and %s', (_, redirect) => {
  const suite = () => {
    const s3 = suiteS3();
    const registry = suiteRegistry(() => ({
      env: inS3(s3, redirect === 'on' ? redirecting(s3) : {}),
    }));
    return { s3, registry };
  };
  const expectWay = (seen: readonly string[]) => {
    expect(seen.some((request) => signed.test(request))).toBe(redirect === 'on');
  };

  describeWith({ tools: ['versitygw', 'crane'] }, 'and crane', () => {
    const { s3, registry } = suite();

    it.each([
      ['an image', multiLayerImage],
      ['an index', multiPlatformIndex],
      ['a layer of 100 MiB', (folder: string) => hugeLayerImage(folder, 100 * 2 ** 20)],
    ] as const)(
      'push and pull %s without changing a byte',
      async (_, make) => {
        const crane = client('crane', registry.folder, {
          DOCKER_CONFIG: join(registry.folder, 'admin'),
        });
        const image = await make(registry.folder);
        await crane.run([
          ...['auth', 'login', registry.host],
          ...['--username', registry.username, '--password', registry.password],
        ]);
        const remote = `${registry.host}/crane/${image.name}`;
        await crane.run(['push', image.folder, remote]);
        const before = s3.proxy.seen.length;
        const copy = join(registry.folder, `crane-${image.name}`);
        await crane.run(['pull', '--format=oci', remote, copy]);
        expect(await contentOfLayout(copy)).toEqual(image.content);
        expectWay(s3.proxy.seen.slice(before));
      },
      limit,
    );
  });

  describeWith({ tools: ['versitygw', 'skopeo'] }, 'and skopeo', () => {
    const { s3, registry } = suite();

    it(
      'push and pull an image without changing a byte',
      async () => {
        const skopeo = client('skopeo', registry.folder);
        const image = await multiLayerImage(registry.folder, 'skopeo');
        const credentials = `${registry.username}:${registry.password}`;
        const remote = `docker://${registry.host}/skopeo/image:1`;
        await skopeo.run([
          ...['copy', '--dest-tls-verify=false', '--dest-creds', credentials],
          ...[`oci:${image.folder}:latest`, remote],
        ]);
        const before = s3.proxy.seen.length;
        const copy = join(registry.folder, 'skopeo-copy');
        await skopeo.run([
          ...['copy', '--src-tls-verify=false', '--src-creds', credentials],
          ...[remote, `oci:${copy}:latest`],
        ]);
        expect(await contentOfLayout(copy)).toEqual(image.content);
        expectWay(s3.proxy.seen.slice(before));
      },
      limit,
    );
  });
});
