import { type Digest, digestOf, parseImageConfig } from '@slipway/oci';
import { MOST_SHOWN, shownImage, timeOf } from './shown-image.ts';

const digest = (digit: string): Digest => digestOf('sha256', digit.repeat(64));
const layer = (digit: string, size: number) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: digest(digit),
  size,
});

function shown(layers: readonly ReturnType<typeof layer>[], document: object) {
  const rootfs = { type: 'layers', diff_ids: [] };
  const bytes = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs, ...document }),
  );
  const parsed = parseImageConfig(bytes);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const image = { digest: digest('f'), mediaType: '', platform: undefined, layers };
  return shownImage(image, parsed.config, new Map([[digest('a'), 3]]));
}

test('each step of the history names the layer that it made', () => {
  const image = shown([layer('a', 4), layer('b', 5), layer('a', 4)], {
    history: [
      { created_by: 'ADD base', created: '2026-11-25T12:00:00Z' },
      { created_by: 'ENV A=1', empty_layer: true },
      { created_by: 'COPY shop', comment: 'buildkit' },
      { created_by: 'COPY base again' },
    ],
  });

  expect(image.bytes).toBe(9);
  expect(image.layers.map(({ createdBy, sharedWith }) => [createdBy, sharedWith])).toEqual([
    ['ADD base', 3],
    ['COPY shop', 0],
    ['COPY base again', 3],
  ]);
  expect(image.history.map(({ layer, empty }) => [layer, empty])).toEqual([
    [0, false],
    [undefined, true],
    [1, false],
    [2, false],
  ]);
  expect(image.history[0]?.createdAt).toEqual(new Date('2026-11-25T12:00:00Z'));
});

test('a history of another length than the layers is told without saying which made what', () => {
  const image = shown([layer('a', 4), layer('b', 5)], { history: [{ created_by: 'all of it' }] });

  expect(image.history).toMatchObject([{ createdBy: 'all of it', layer: undefined }]);
  expect(image.layers.map(({ createdBy }) => createdBy)).toEqual([undefined, undefined]);
});

test('what is absurdly many is cut', () => {
  const many = Array.from({ length: 3 * MOST_SHOWN }, (_, at) => String(at));
  const { config, history } = shown([], {
    history: many.map(() => ({ empty_layer: true })),
    config: {
      Env: many,
      Labels: Object.fromEntries(many.map((name) => [name, ''])),
      ExposedPorts: Object.fromEntries(many.map((name) => [name, {}])),
    },
  });

  expect(history).toHaveLength(MOST_SHOWN);
  expect(config.env).toHaveLength(MOST_SHOWN);
  expect(config.exposedPorts).toHaveLength(MOST_SHOWN);
  expect(Object.keys(config.labels)).toHaveLength(MOST_SHOWN);
});

test.each(['yesterday', '0001-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', '2026-13-45T99:00:00Z'])(
  '%s is no time that could be shown',
  (text) => {
    expect(timeOf(text)).toBeUndefined();
  },
);
