import { type Digest, DIGEST_FORM, parseDigest } from './digest.ts';
import {
  type Fields,
  fieldsField,
  numberField,
  refuseDisguisedKeys,
  ShapeError,
  stringField,
  stringList,
  stringMap,
} from './fields.ts';
import { normalPlatform, type Platform } from './platform.ts';
import { parseStrictJson } from './strict-json.ts';

/** An image's configuration (image-spec v1.1.1, config.md) as far as running it needs it. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly created?: string;
  readonly author?: string;
  /** The digests of the layers' uncompressed tars, the lowest first. */
  readonly diffIds: readonly Digest[];
  readonly process: ImageProcess;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  /** `8080/tcp` and the like, as they stand in the image. */
  readonly exposedPorts: readonly string[];
  readonly stopSignal?: string;
  readonly healthcheck?: Healthcheck;
  readonly history: readonly HistoryEntry[];
}

/** What is run when nothing else is asked for. */
export interface ImageProcess {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
}

/** Docker's extension; the times are in nanoseconds and 0 or absent means its default. */
export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly createdBy?: string;
  readonly comment?: string;
  readonly emptyLayer: boolean;
}

export type ParsedImageConfig = { readonly config: ImageConfig } | { readonly problem: string };

export function parseImageConfig(bytes: Uint8Array): ParsedImageConfig {
  const json = parseStrictJson(bytes);
  if ('problem' in json) return json;
  try {
    return { config: readConfig(json.value) };
  } catch (error) {
    if (error instanceof ShapeError) return { problem: error.message };
    throw error;
  }
}

function readConfig(value: unknown): ImageConfig {
  const fields = fieldsField({ document: value }, 'document', 'document');
  if (fields === undefined) throw new ShapeError('it is not a JSON object');
  refuseDisguisedKeys(fields, KNOWN);
  const config = fieldsField(fields, 'config') ?? {};
  refuseDisguisedKeys(config, KNOWN_IN_CONFIG);
  const created = stringField(fields, 'created');
  const stopSignal = said(stringField(config, 'StopSignal', 'config.StopSignal'));
  const healthcheck = readHealthcheck(config);
  return {
    platform: readPlatform(fields),
    ...(created !== undefined && { created }),
    // Nothing runs by it, so whatever else stands there is none.
    ...(typeof fields.author === 'string' && { author: fields.author }),
    diffIds: readDiffIds(fields),
    process: {
      entrypoint: readWords(config, 'Entrypoint'),
      cmd: readWords(config, 'Cmd'),
      env: readWords(config, 'Env'),
      user: stringField(config, 'User', 'config.User') ?? '',
      workingDir: stringField(config, 'WorkingDir', 'config.WorkingDir') ?? '',
    },
    labels: stringMap(config, 'Labels', 'config.Labels') ?? {},
    volumes: Object.keys(fieldsField(config, 'Volumes', 'config.Volumes') ?? {}),
    exposedPorts: Object.keys(fieldsField(config, 'ExposedPorts', 'config.ExposedPorts') ?? {}),
    ...(stopSignal !== undefined && { stopSignal }),
    ...(healthcheck !== undefined && { healthcheck }),
    history: readHistory(fields),
  };
}

function readPlatform(fields: Fields): Platform {
  const os = said(stringField(fields, 'os'));
  const architecture = said(stringField(fields, 'architecture'));
  if (os === undefined) throw new ShapeError('it has no os');
  if (architecture === undefined) throw new ShapeError('it has no architecture');
  const variant = said(stringField(fields, 'variant'));
  const osVersion = said(stringField(fields, 'os.version'));
  return normalPlatform({
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
  });
}

function readDiffIds(fields: Fields): readonly Digest[] {
  const rootfs = fieldsField(fields, 'rootfs');
  if (rootfs === undefined) throw new ShapeError('it has no rootfs');
  refuseDisguisedKeys(rootfs, ['type', 'diff_ids']);
  const type = stringField(rootfs, 'type', 'rootfs.type');
  if (type !== 'layers') throw new ShapeError('its rootfs.type is not "layers"');
  return (stringList(rootfs, 'diff_ids', 'rootfs.diff_ids') ?? []).map((text, index) => {
    const digest = parseDigest(text);
    if (digest !== undefined) return digest;
    throw new ShapeError(
      `its rootfs.diff_ids[${index}] ${JSON.stringify(text.slice(0, 150))} is not a digest: ${DIGEST_FORM}`,
    );
  });
}

/** What the kernel takes as arguments and environment: strings that no NUL cuts short. */
function readWords(config: Fields, key: string): readonly string[] {
  const words = stringList(config, key, `config.${key}`) ?? [];
  words.forEach((word, index) => {
    if (word.includes('\0')) throw new ShapeError(`its config.${key}[${index}] has a NUL in it`);
  });
  return words;
}

function readHealthcheck(config: Fields): Healthcheck | undefined {
  const check = fieldsField(config, 'Healthcheck', 'config.Healthcheck');
  if (check === undefined) return undefined;
  const time = (key: string) => numberField(check, key, `config.Healthcheck.${key}`);
  const interval = time('Interval');
  const timeout = time('Timeout');
  const startPeriod = time('StartPeriod');
  const startInterval = time('StartInterval');
  const retries = time('Retries');
  return {
    test: stringList(check, 'Test', 'config.Healthcheck.Test') ?? [],
    ...(interval !== undefined && { interval }),
    ...(timeout !== undefined && { timeout }),
    ...(startPeriod !== undefined && { startPeriod }),
    ...(startInterval !== undefined && { startInterval }),
    ...(retries !== undefined && { retries }),
  };
}

function readHistory(fields: Fields): readonly HistoryEntry[] {
  const history = fields.history ?? [];
  if (!Array.isArray(history)) throw new ShapeError('its history is not a list');
  return history.map((item: unknown, index) => {
    const entry = fieldsField({ item }, 'item', `history[${index}]`) ?? {};
    const text = (key: string) => stringField(entry, key, `history[${index}].${key}`);
    const created = text('created');
    const createdBy = text('created_by');
    const comment = text('comment');
    return {
      ...(created !== undefined && { created }),
      ...(createdBy !== undefined && { createdBy }),
      ...(comment !== undefined && { comment }),
      emptyLayer: entry.empty_layer === true,
    };
  });
}

const said = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

const KNOWN = ['architecture', 'os', 'variant', 'os.version', 'config', 'rootfs', 'history'];
const KNOWN_IN_CONFIG = [
  'Entrypoint',
  'Cmd',
  'Env',
  'User',
  'WorkingDir',
  'Labels',
  'Volumes',
  'ExposedPorts',
  'StopSignal',
  'Healthcheck',
];
