import {
  bytesOf,
  type Descriptor,
  type Digest,
  type ImageConfig,
  platformText,
} from '@slipway/oci';
import type { Image } from './image.ts';

/** So many of each list are shown at most; the manifest has them all. */
export const MOST_SHOWN = 1000;

/** An image as people look at it: its layers, and what was done to make each. */
export interface ShownImage {
  readonly digest: Digest;
  readonly platform: string | undefined;
  /** Of its layers, each once. */
  readonly bytes: number;
  readonly createdAt: Date | undefined;
  readonly author: string | undefined;
  readonly config: ShownConfig;
  readonly layers: readonly ShownLayer[];
  readonly history: readonly ShownStep[];
}

interface ShownConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string | undefined;
  readonly healthCheck: readonly string[] | undefined;
}

interface ShownLayer extends Pick<Descriptor, 'digest' | 'mediaType' | 'size'> {
  readonly createdBy: string | undefined;
  /** How many other manifests of the repository have it. */
  readonly sharedWith: number;
}

interface ShownStep {
  readonly createdBy: string;
  readonly createdAt: Date | undefined;
  readonly comment: string | undefined;
  /** Which of the layers it made, from 0; `undefined` where the history does not say. */
  readonly layer: number | undefined;
  readonly empty: boolean;
}

export function shownImage(
  { digest, platform, layers }: Omit<Image, 'config'>,
  config: ImageConfig,
  shared: ReadonlyMap<Digest, number>,
): ShownImage {
  const history = stepsOf(config, layers.length);
  const makers = new Map(history.map(({ layer, createdBy }) => [layer, createdBy]));
  return {
    digest,
    platform: platform && platformText(platform),
    bytes: bytesOf(layers),
    createdAt: timeOf(config.created),
    author: config.author,
    config: shownConfig(config),
    layers: layers.slice(0, MOST_SHOWN).map(({ digest, mediaType, size }, at) => ({
      ...{ digest, mediaType, size },
      createdBy: makers.get(at),
      sharedWith: shared.get(digest) ?? 0,
    })),
    history: history.slice(0, MOST_SHOWN),
  };
}

/** Steps say which layer they made only when there are as many of them as layers. */
function stepsOf({ history }: ImageConfig, layers: number): readonly ShownStep[] {
  const told = history.filter(({ emptyLayer }) => !emptyLayer).length === layers;
  let layer = 0;
  return history.map(({ createdBy, comment, created, emptyLayer }) => ({
    createdBy: createdBy ?? '',
    createdAt: timeOf(created),
    comment: comment === '' ? undefined : comment,
    layer: emptyLayer || !told ? undefined : layer++,
    empty: emptyLayer,
  }));
}

function shownConfig(config: ImageConfig): ShownConfig {
  const { labels, volumes, exposedPorts, stopSignal, healthcheck } = config;
  const { entrypoint, cmd, env, user, workingDir } = config.process;
  return {
    entrypoint: entrypoint.slice(0, MOST_SHOWN),
    command: cmd.slice(0, MOST_SHOWN),
    env: env.slice(0, MOST_SHOWN),
    user,
    workingDir,
    exposedPorts: exposedPorts.slice(0, MOST_SHOWN),
    volumes: volumes.slice(0, MOST_SHOWN),
    labels: Object.fromEntries(Object.entries(labels).slice(0, MOST_SHOWN)),
    stopSignal,
    healthCheck: healthcheck?.test.slice(0, MOST_SHOWN),
  };
}

/** What a document says of a time; builders that want the same bytes every time say year 1, which means nothing. */
export function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const time = new Date(text);
  const year = time.getUTCFullYear();
  return year > 1 && year <= 9999 ? time : undefined;
}
