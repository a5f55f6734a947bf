import { hash } from 'node:crypto';
import { compareImages, listReferrers, showImage } from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.person('ada');
});
afterAll(async () => app.stop());

const WEB = named('ada/web');
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const digestOf = (bytes: Uint8Array) => `sha256:${hash('sha256', bytes, 'hex')}`;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

async function send(method: string, path: string, type: string, body: Uint8Array): Promise<void> {
  const headers = { 'content-type': type };
  const answer = await app.fetch(`/v2/${WEB}/${path}`, 'ada', { method, headers, body });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

async function pushBlob(bytes: Buffer, mediaType: string) {
  const digest = digestOf(bytes);
  await send('POST', `blobs/uploads/?digest=${digest}`, 'application/octet-stream', bytes);
  return { mediaType, digest, size: bytes.length };
}

/** An image whose layers are these texts, of that platform. */
async function pushImage(
  reference: string,
  texts: readonly string[],
  { architecture = 'amd64', config = {}, history = [] as unknown[] } = {},
) {
  const document = {
    ...{ os: 'linux', architecture, config, history },
    rootfs: { type: 'layers', diff_ids: texts.map((text) => digestOf(Buffer.from(text))) },
  };
  const manifest = json({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: await pushBlob(json(document), 'application/vnd.oci.image.config.v1+json'),
    layers: await Promise.all(texts.map((text) => pushBlob(Buffer.from(text), LAYER))),
  });
  const digest = digestOf(manifest);
  await send('PUT', `manifests/${reference === '' ? digest : reference}`, IMAGE, manifest);
  const platform = { os: 'linux', architecture };
  return { mediaType: IMAGE, digest, size: manifest.length, platform };
}

const comparing = (from: string, other: string, platform?: string) => ({
  parameters: { repository: WEB },
  query: { from, to: other, platform },
});

test('two images are compared by their layers, their configs and what was done to build them', async () => {
  const step = (created_by: string) => ({ created_by });
  const one = await pushImage('1', ['base', 'old'], {
    config: { Env: ['VERSION=1'], Labels: { kept: 'x' } },
    history: [step('ADD base'), step('COPY old')],
  });
  const two = await pushImage('2', ['base', 'newer'], {
    config: { Env: ['VERSION=2'], Labels: { kept: 'x' }, Entrypoint: ['/shop'] },
    history: [step('ADD base'), step('COPY newer')],
  });

  for (const [from, other] of [
    ['1', '2'],
    [one.digest, two.digest],
  ] as const) {
    expect(await app.ask('ada', compareImages, comparing(from, other))).toEqual({
      from: { digest: one.digest, platform: 'linux/amd64', size: 7 },
      to: { digest: two.digest, platform: 'linux/amd64', size: 9 },
      ...{ sharedBytes: 4, removedBytes: 3, addedBytes: 5 },
      layers: [
        { in: 'both', digest: digestOf(Buffer.from('base')), size: 4, createdBy: 'ADD base' },
        { in: 'to', digest: digestOf(Buffer.from('newer')), size: 5, createdBy: 'COPY newer' },
        { in: 'from', digest: digestOf(Buffer.from('old')), size: 3, createdBy: 'COPY old' },
      ],
      config: [
        { name: 'entrypoint', to: '["/shop"]' },
        { name: 'env.VERSION', from: '1', to: '2' },
      ],
      history: [
        { in: 'from', createdBy: 'COPY old' },
        { in: 'to', createdBy: 'COPY newer' },
      ],
    });
  }
});

test('of a multi-platform image the one for the platform is compared', async () => {
  const manifests = [
    await pushImage('', ['base', 'arm'], { architecture: 'arm64' }),
    await pushImage('', ['base', 'intel']),
  ];
  const index = json({ schemaVersion: 2, mediaType: INDEX, manifests });
  await send('PUT', 'manifests/multi', INDEX, index);
  await pushImage('single', ['base'], { architecture: 'arm64' });

  const usual = await app.ask('ada', compareImages, comparing('multi', 'multi'));
  expect(usual.from).toMatchObject({ platform: 'linux/amd64', size: 9 });
  const arm = await app.ask('ada', compareImages, comparing('multi', 'single', 'linux/arm64'));
  expect(arm).toMatchObject({ removedBytes: 3, sharedBytes: 4, addedBytes: 0 });

  for (const [from, other] of [
    ['multi', 'multi'],
    ['single', 'single'],
  ] as const) {
    const asked = comparing(from, other, 'windows/amd64');
    expect(await app.refused('ada', compareImages, asked)).toMatchObject({
      status: 404,
      reason: 'manifest-unknown',
      detail: expect.stringContaining('linux/arm64') as string,
    });
  }
});

test('what is no image is compared by its layers', async () => {
  const config = await pushBlob(json({ name: 'shop' }), 'application/vnd.cncf.helm.config.v1+json');
  for (const [tag, text] of [
    ['chart-1', 'one'],
    ['chart-2', 'second'],
  ] as const) {
    const layers = [
      await pushBlob(Buffer.from(text), 'application/vnd.cncf.helm.chart.content.v1'),
    ];
    const chart = json({ schemaVersion: 2, mediaType: IMAGE, config, layers });
    await send('PUT', `manifests/${tag}`, IMAGE, chart);
  }

  const found = await app.ask('ada', compareImages, comparing('chart-1', 'chart-2'));
  expect(found).toMatchObject({ removedBytes: 3, addedBytes: 6, config: [], history: [] });
});

test('what is not there is named, and a question that cannot be meant is refused', async () => {
  expect(await app.refused('ada', compareImages, comparing('1', 'never'))).toMatchObject({
    status: 404,
    detail: 'ada/web has no tag never',
  });
  expect(await app.refused('ada', compareImages, comparing(':', '1'))).toMatchObject({
    status: 400,
    detail: expect.stringContaining('from is neither a digest nor a tag') as string,
  });
  expect(await app.refused('ada', compareImages, comparing('1', '2', 'pdp11'))).toMatchObject({
    detail: 'platform is no platform, such as linux/arm64',
  });
});

const showing = (reference: string, platform?: string) => ({
  parameters: { repository: WEB, reference },
  query: { platform },
});

test('an image is shown with its config, its layers, who shares them, and what made each', async () => {
  const made = { created: '2026-11-25T12:00:00Z' };
  const image = await pushImage('shown', ['shown base', 'shown top'], {
    config: {
      ...{ Env: ['A=1'], Cmd: ['-v'], User: '1000', Labels: { version: '2' } },
      ...{ ExposedPorts: { '80/tcp': {} }, Healthcheck: { Test: ['CMD', '/ok'] } },
    },
    history: [
      { created_by: 'ADD base', ...made },
      { created_by: 'ENV A=1', empty_layer: true },
      { created_by: 'COPY top' },
    ],
  });
  await pushImage('shown-too', ['shown base', 'another']);

  const found = await app.ask('ada', showImage, showing('shown'));

  expect(found).toMatchObject({
    digest: image.digest,
    ...{ mediaType: IMAGE, kind: 'image', size: image.size, tags: ['shown'] },
    ...{ annotations: {}, manifests: [], blobs: [] },
    image: {
      ...{ digest: image.digest, platform: 'linux/amd64', bytes: 19 },
      config: {
        ...{ entrypoint: [], command: ['-v'], env: ['A=1'], user: '1000', workingDir: '' },
        ...{ exposedPorts: ['80/tcp'], volumes: [], labels: { version: '2' } },
        healthCheck: ['CMD', '/ok'],
      },
      layers: [
        { mediaType: LAYER, size: 10, createdBy: 'ADD base', sharedWith: 1 },
        { mediaType: LAYER, size: 9, createdBy: 'COPY top', sharedWith: 0 },
      ],
      history: [
        { createdBy: 'ADD base', createdAt: new Date(made.created), layer: 0, empty: false },
        { createdBy: 'ENV A=1', empty: true },
        { createdBy: 'COPY top', layer: 1, empty: false },
      ],
    },
  });
  expect(digestOf(Buffer.from(found.manifest))).toBe(image.digest);
  expect(found.pushedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  expect(await app.ask('ada', showImage, showing(image.digest))).toEqual(found);
});

test('an index is shown with what it lists, and the image for a platform', async () => {
  const arm = await pushImage('', ['listed', 'arm'], { architecture: 'arm64' });
  const intel = await pushImage('', ['listed', 'intel']);
  const absent = { mediaType: IMAGE, digest: digestOf(Buffer.from('never')), size: 5 };
  const annotations = { note: 'x' };
  const manifests = [arm, intel, { ...absent, annotations }];
  await send('PUT', 'manifests/listed', INDEX, json({ schemaVersion: 2, manifests }));

  const usual = await app.ask('ada', showImage, showing('listed'));
  expect(usual).toMatchObject({ kind: 'index', blobs: [], image: { digest: intel.digest } });
  expect(usual.manifests).toEqual([
    { ...arm, platform: 'linux/arm64', annotations: {}, present: true, bytes: 9 },
    { ...intel, platform: 'linux/amd64', annotations: {}, present: true, bytes: 11 },
    { ...absent, annotations, present: false },
  ]);
  const other = await app.ask('ada', showImage, showing('listed', 'linux/arm64'));
  expect(other.image).toMatchObject({ digest: arm.digest, platform: 'linux/arm64' });
  expect(await app.refused('ada', showImage, showing('listed', 'plan9/386'))).toMatchObject({
    status: 404,
    detail: 'listed has no image for that platform; it has linux/arm64, linux/amd64',
  });
});

test('what is no image is shown with its blobs', async () => {
  const config = await pushBlob(json({ name: 'x' }), 'application/vnd.cncf.helm.config.v1+json');
  const annotations = { 'org.opencontainers.image.title': 'shop.tgz', more: '1' };
  const type = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
  const layer = { ...(await pushBlob(Buffer.from('a chart'), type)), annotations };
  const chart = json({ schemaVersion: 2, mediaType: IMAGE, config, layers: [layer] });
  await send('PUT', 'manifests/chart', IMAGE, chart);

  const found = await app.ask('ada', showImage, showing('chart'));

  expect(found).toMatchObject({ kind: 'artifact', artifactType: config.mediaType, config });
  expect(found.blobs).toEqual([{ ...layer, title: 'shop.tgz' }]);
  expect(found.image).toBeUndefined();
});

test.each([
  ['is no JSON', Buffer.from('{'), 'it is not JSON'],
  ['has wrong types', json({ os: 5 }), 'its os is not a string'],
  [
    'is enormous',
    json({ os: 'linux', architecture: 'amd64', config: { Labels: { x: 'y'.repeat(2 ** 20) } } }),
    'more than 1048576 are not read',
  ],
])('an image whose config %s is shown without it, and why', async (_, bytes, why) => {
  const config = await pushBlob(bytes, 'application/vnd.oci.image.config.v1+json');
  const layers = [await pushBlob(Buffer.from('base'), LAYER)];
  const image = json({ schemaVersion: 2, mediaType: IMAGE, config, layers });
  await send('PUT', 'manifests/hostile', IMAGE, image);

  const found = await app.ask('ada', showImage, showing('hostile'));

  expect(found).toMatchObject({ kind: 'image', config, blobs: layers });
  expect(found.image).toBeUndefined();
  expect(found.problem).toContain(why);
});

test('times and texts that nobody would write come through or are left out', async () => {
  await pushImage('odd', ['base'], {
    config: { Labels: { __proto__x: '<script>alert(1)</script>', '': '\u0000' } },
    history: [{ created: '0001-01-01T00:00:00Z', created_by: '\u0000' }],
  });

  const { image } = await app.ask('ada', showImage, showing('odd'));

  expect(image?.history).toEqual([{ createdBy: '\u0000', layer: 0, empty: false }]);
  expect(image?.config.labels).toEqual({ __proto__x: '<script>alert(1)</script>', '': '\u0000' });
});

test('what was pushed about an image is told, and can be downloaded', async () => {
  const { digest: image } = await pushImage('signed', ['signed']);
  const sbom = Buffer.from('{"spdxVersion":"SPDX-2.3"}');
  const layer = await pushBlob(sbom, 'application/spdx+json');
  const empty = await pushBlob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  const about = async (subject: string, artifactType: string, reference?: string) => {
    const manifest = json({
      ...{ schemaVersion: 2, mediaType: IMAGE, artifactType, config: empty },
      layers: [{ ...layer, annotations: { 'org.opencontainers.image.title': 'sbom.json' } }],
      ...(reference === undefined && {
        subject: { mediaType: IMAGE, digest: subject, size: 1 },
      }),
      annotations: { 'org.opencontainers.image.created': '2026-11-27T10:00:00Z' },
    });
    const digest = digestOf(manifest);
    await send('PUT', `manifests/${reference ?? digest}`, IMAGE, manifest);
    return digest;
  };
  const attached = await about(image, 'application/spdx+json');
  const signature = await about(attached, 'application/vnd.dev.cosign.artifact.sig.v1+json');
  const tagged = await about(
    image,
    'application/vnd.dev.cosign.simplesigning.v1+json',
    `${image.replace(':', '-')}.sig`,
  );
  const parameters = { repository: WEB, reference: 'signed' };
  const { items } = await app.ask('ada', listReferrers, { parameters });
  expect(items.map(({ digest }) => digest)).toEqual([attached, tagged, signature]);
  expect(items[0]).toMatchObject({
    artifactType: 'application/spdx+json',
    createdAt: new Date('2026-11-27T10:00:00Z'),
    blobs: [{ digest: layer.digest, title: 'sbom.json', size: sbom.length }],
    subject: image,
  });

  expect(items[2]).toMatchObject({ digest: signature, subject: attached });

  const path = `/api/v1/repositories/${encodeURIComponent(WEB)}/blobs/${layer.digest}`;
  const answer = await app.fetch(`${path}?filename=sbom%2F..%22%0D%0Aü.json`, 'ada');
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(sbom);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': String(sbom.length),
    'content-disposition': "attachment; filename*=UTF-8''sbom_..%22__%C3%BC.json",
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  });
});

test('a blob is downloaded by whoever may pull, through a repository that has it', async () => {
  await pushImage('blobs', ['a blob']);
  const layer = await pushBlob(Buffer.from('only here'), LAYER);
  const path = `/api/v1/repositories/${encodeURIComponent(WEB)}/blobs/${layer.digest}`;
  await app.person('zoe');
  expect((await app.fetch(path, '')).status).toBe(401);
  expect((await app.fetch(path, 'zoe')).status).toBe(403);
  expect((await app.fetch(path.replace('sha256:', 'sha256:zz'), 'ada')).status).toBe(400);
  const elsewhere = path.replace('ada%2Fweb', 'ada%2Felsewhere');
  expect((await app.fetch(elsewhere, 'ada')).status).toBe(404);
});
