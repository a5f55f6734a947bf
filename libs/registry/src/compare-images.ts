import { type Digest, type HistoryEntry, platformText } from '@slipway/oci';
import type { Image } from './image.ts';

type Side = 'from' | 'to' | 'both';

/** A layer, and in which of the two images it is. */
interface ComparedLayer {
  readonly in: Side;
  readonly digest: Digest;
  /** Compressed, in bytes. */
  readonly size: number;
  /** The command that made it, where the history says so. */
  readonly createdBy: string | undefined;
}

/** A word of the config that differs: `env.PATH`, `labels.version`, `user`. */
interface ConfigDifference {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What two images have in common and what not. Sizes are of compressed layers, in bytes. */
export interface Comparison {
  /** Those of `to` in their order, then those that only `from` has. */
  readonly layers: readonly ComparedLayer[];
  readonly sharedBytes: number;
  readonly removedBytes: number;
  readonly addedBytes: number;
  readonly config: readonly ConfigDifference[];
  /** Steps of the build that only one of the two has, in their order. */
  readonly history: readonly { readonly in: Side; readonly createdBy: string }[];
}

export function compareImages(from: Image, to: Image): Comparison {
  const layers = comparedLayers(from, to);
  const bytes = (side: Side) =>
    layers.reduce((sum, layer) => (layer.in === side ? sum + layer.size : sum), 0);
  return {
    layers,
    sharedBytes: bytes('both'),
    removedBytes: bytes('from'),
    addedBytes: bytes('to'),
    config: differences(wordsOf(from), wordsOf(to)),
    history: comparedHistory(stepsOf(from), stepsOf(to)),
  };
}

function comparedLayers(from: Image, to: Image): readonly ComparedLayer[] {
  const before = new Set(from.layers.map(({ digest }) => digest));
  const after = new Set(to.layers.map(({ digest }) => digest));
  return [
    ...layersOf(to, (digest) => (before.has(digest) ? 'both' : 'to')),
    ...layersOf(from, (digest) => (after.has(digest) ? undefined : 'from')),
  ];
}

/** Each digest once, for a registry has it once; those of `undefined` are left out. */
function layersOf(
  { layers, config }: Image,
  sideOf: (digest: Digest) => Side | undefined,
): readonly ComparedLayer[] {
  const makers = (config?.history ?? []).filter(({ emptyLayer }) => !emptyLayer);
  const told = makers.length === layers.length;
  const seen = new Set<Digest>();
  return layers.flatMap(({ digest, size }, at) => {
    const side = sideOf(digest);
    if (side === undefined || seen.has(digest)) return [];
    seen.add(digest);
    return [{ in: side, digest, size, createdBy: told ? makers[at]?.createdBy : undefined }];
  });
}

/** Everything that a config says, each by a name. */
function wordsOf({ config, platform, mediaType }: Image): ReadonlyMap<string, string> {
  const words = new Map<string, string>([['mediaType', mediaType]]);
  if (platform !== undefined) words.set('platform', platformText(platform));
  if (config === undefined) return words;
  const { labels, volumes, exposedPorts, stopSignal, healthcheck } = config;
  const { entrypoint, cmd, env, user, workingDir } = config.process;
  const lists = { entrypoint, cmd };
  for (const [name, list] of Object.entries(lists)) {
    if (list.length > 0) words.set(name, JSON.stringify(list));
  }
  for (const entry of env) {
    const at = entry.indexOf('=');
    words.set(`env.${at < 0 ? entry : entry.slice(0, at)}`, at < 0 ? '' : entry.slice(at + 1));
  }
  for (const [name, value] of Object.entries(labels)) words.set(`labels.${name}`, value);
  for (const volume of volumes) words.set(`volumes.${volume}`, volume);
  for (const port of exposedPorts) words.set(`exposedPorts.${port}`, port);
  if (user !== '') words.set('user', user);
  if (workingDir !== '') words.set('workingDir', workingDir);
  if (stopSignal !== undefined) words.set('stopSignal', stopSignal);
  if (healthcheck !== undefined) words.set('healthcheck', JSON.stringify(healthcheck));
  return words;
}

function differences(
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): readonly ConfigDifference[] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .sort()
    .map((name) => ({ name, from: from.get(name), to: to.get(name) }))
    .filter((each) => each.from !== each.to);
}

const stepsOf = ({ config }: Image): readonly string[] =>
  (config?.history ?? []).map(({ createdBy, comment }: HistoryEntry) => createdBy ?? comment ?? '');

/** Builds go on from the steps that they have in common, so what differs is all behind those. */
function comparedHistory(
  from: readonly string[],
  to: readonly string[],
): readonly { readonly in: Side; readonly createdBy: string }[] {
  let common = 0;
  while (common < from.length && common < to.length && from[common] === to[common]) common++;
  return [
    ...from.slice(common).map((createdBy) => ({ in: 'from', createdBy }) as const),
    ...to.slice(common).map((createdBy) => ({ in: 'to', createdBy }) as const),
  ];
}
