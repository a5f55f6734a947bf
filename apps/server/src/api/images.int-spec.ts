import { hash } from 'node:crypto';
import { compareImages } from '@slipway/api';
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
