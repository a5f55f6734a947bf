import { digestOf, type ImageConfig } from '@slipway/oci';
import { compareImages } from './compare-images.ts';
import type { Image } from './image.ts';

const digest = (letter: string) => digestOf('sha256', letter.repeat(64));
const layer = (letter: string, size: number) => ({
  ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest(letter), size },
});

interface Told extends Partial<Omit<ImageConfig, 'process'>> {
  readonly process?: Partial<ImageConfig['process']>;
}

function anImage(layers: Image['layers'], { process, ...config }: Told = {}): Image {
  return {
    digest: digest('0'),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    platform: { os: 'linux', architecture: 'amd64' },
    layers,
    config: {
      platform: { os: 'linux', architecture: 'amd64' },
      diffIds: [],
      labels: {},
      volumes: [],
      exposedPorts: [],
      history: [],
      process: { entrypoint: [], cmd: [], env: [], user: '', workingDir: '', ...process },
      ...config,
    },
  };
}

const step = (createdBy: string, emptyLayer = false) => ({ createdBy, emptyLayer });

test('an image differs from itself in nothing', () => {
  const image = anImage([layer('a', 5), layer('b', 7)], { process: { env: ['A=1'] } });
  expect(compareImages(image, image)).toEqual({
    layers: [
      { in: 'both', digest: digest('a'), size: 5, createdBy: undefined },
      { in: 'both', digest: digest('b'), size: 7, createdBy: undefined },
    ],
    ...{ sharedBytes: 12, removedBytes: 0, addedBytes: 0, config: [], history: [] },
  });
});

test('layers are those of the second image and then those that only the first has, with what made them', () => {
  const from = anImage([layer('a', 5), layer('b', 7)], {
    history: [step('base'), step('ENV A=1', true), step('RUN old')],
  });
  const to = anImage([layer('a', 5), layer('c', 11), layer('c', 11)], {
    history: [step('base'), step('ENV A=2', true), step('RUN new'), step('RUN again')],
  });

  const { layers, sharedBytes, removedBytes, addedBytes, history } = compareImages(from, to);

  expect(layers).toEqual([
    { in: 'both', digest: digest('a'), size: 5, createdBy: 'base' },
    { in: 'to', digest: digest('c'), size: 11, createdBy: 'RUN new' },
    { in: 'from', digest: digest('b'), size: 7, createdBy: 'RUN old' },
  ]);
  expect({ sharedBytes, removedBytes, addedBytes }).toEqual({
    ...{ sharedBytes: 5, removedBytes: 7, addedBytes: 11 },
  });
  expect(history).toEqual([
    { in: 'from', createdBy: 'ENV A=1' },
    { in: 'from', createdBy: 'RUN old' },
    { in: 'to', createdBy: 'ENV A=2' },
    { in: 'to', createdBy: 'RUN new' },
    { in: 'to', createdBy: 'RUN again' },
  ]);
});

test('every word of the config is compared by its name', () => {
  const from = anImage([], {
    process: { env: ['PATH=/bin', 'GONE=1', 'BARE'], user: 'root', cmd: ['sh'] },
    labels: { version: '1', kept: 'x' },
    exposedPorts: ['80/tcp'],
  });
  const to = anImage([], {
    process: { env: ['PATH=/bin:/usr/bin', 'NEW=a=b', 'BARE'], user: '1000', cmd: ['sh', '-c'] },
    labels: { version: '2', kept: 'x' },
    exposedPorts: ['8080/tcp'],
    stopSignal: 'SIGINT',
  });

  expect(compareImages(from, to).config).toEqual([
    { name: 'cmd', from: '["sh"]', to: '["sh","-c"]' },
    { name: 'env.GONE', from: '1', to: undefined },
    { name: 'env.NEW', from: undefined, to: 'a=b' },
    { name: 'env.PATH', from: '/bin', to: '/bin:/usr/bin' },
    { name: 'exposedPorts.80/tcp', from: '80/tcp', to: undefined },
    { name: 'exposedPorts.8080/tcp', from: undefined, to: '8080/tcp' },
    { name: 'labels.version', from: '1', to: '2' },
    { name: 'stopSignal', from: undefined, to: 'SIGINT' },
    { name: 'user', from: 'root', to: '1000' },
  ]);
});

test('what is no image has layers alone', () => {
  const chart = { ...anImage([layer('a', 5)]), config: undefined, platform: undefined };
  expect(compareImages(chart, anImage([layer('a', 5)])).config).toEqual([
    { name: 'platform', from: undefined, to: 'linux/amd64' },
  ]);
});
