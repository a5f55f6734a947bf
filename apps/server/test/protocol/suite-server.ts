import { randomUUID } from 'node:crypto';
import { startSlipway, type Slipway, type SlipwayOptions } from '../slipway.ts';
import {
  descriptorOf,
  digestOf,
  imageManifest,
  ociConfig,
  ociLayer,
  ociManifest,
  someBytes,
  type Descriptor,
  type ImageFields,
} from './content.ts';
import { exchange, type Answer, type Question } from './exchange.ts';

const startLimit = 90_000;

interface PushedManifest extends Descriptor {
  readonly bytes: Buffer;
}

interface PushedImage extends PushedManifest {
  readonly config: Descriptor;
  readonly layer: Descriptor;
}

type Ask = (method: string, path: string, question?: Question) => Promise<Answer>;

/** The server of one suite. What it does may be used from the first test on. */
export interface SuiteServer {
  readonly slipway: Slipway;
  /** As the administrator, by Basic credentials, unless the question has an `Authorization` of its own. */
  readonly ask: Ask;
  /** Without credentials. */
  readonly askAsNobody: Ask;
  /** An access token of the administrator's that holds for these scopes. */
  readonly tokenFor: (...scopes: readonly string[]) => Promise<string>;
  /** The path of a new upload. */
  readonly startUpload: (repository: string, query?: string) => Promise<string>;
  readonly pushBlob: (
    repository: string,
    bytes?: Buffer,
    mediaType?: string,
  ) => Promise<Descriptor>;
  readonly pushManifest: (
    repository: string,
    reference: string,
    bytes: Buffer,
    mediaType?: string,
  ) => Promise<PushedManifest>;
  /** A config, a layer and the manifest that names both. */
  readonly pushImage: (
    repository: string,
    reference?: string,
    fields?: Partial<ImageFields>,
  ) => Promise<PushedImage>;
}

/** A name that no other test uses. */
export function aRepository(): string {
  return `tests/${randomUUID().slice(0, 8)}`;
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Starts a server before the tests of the suite and stops it after them; nothing they do may be an error in its log. */
export function suiteServer(
  options: SlipwayOptions | (() => Promise<SlipwayOptions>) = {},
): SuiteServer {
  let started: Slipway | undefined;
  beforeAll(async () => {
    started = await startSlipway(typeof options === 'function' ? await options() : options);
  }, startLimit);
  afterAll(async () => {
    await started?.stop();
    expect(errorsIn(started?.log() ?? '')).toEqual([]);
  }, startLimit);
  return serverOf(() => {
    if (started === undefined) throw new Error('the server did not start');
    return started;
  });
}

export function serverOf(slipway: () => Slipway): SuiteServer {
  const askAsNobody: Ask = (method, path, question) =>
    exchange(slipway().port, method, path, question);

  const ask: Ask = (method, path, { headers, ...rest } = {}) => {
    const authorization = basic(slipway().username, slipway().password);
    return askAsNobody(method, path, { ...rest, headers: { authorization, ...headers } });
  };

  const expectCreated = async (asked: Promise<Answer>): Promise<void> => {
    const { status, body } = await asked;
    if (status !== 201) throw new Error(`${status} instead of 201: ${body.toString()}`);
  };

  const startUpload: SuiteServer['startUpload'] = async (repository, query = '') => {
    const { status, headers, body } = await ask('POST', `/v2/${repository}/blobs/uploads/${query}`);
    if (status !== 202) throw new Error(`${status} instead of 202: ${body.toString()}`);
    return headers.location ?? '';
  };

  const pushBlob: SuiteServer['pushBlob'] = async (
    repository,
    bytes = someBytes(),
    mediaType = ociLayer,
  ) => {
    const upload = await startUpload(repository);
    await expectCreated(ask('PUT', `${upload}?digest=${digestOf(bytes)}`, { body: bytes }));
    return descriptorOf(mediaType, bytes);
  };

  const pushManifest: SuiteServer['pushManifest'] = async (
    repository,
    reference,
    bytes,
    mediaType = ociManifest,
  ) => {
    const headers = { 'content-type': mediaType };
    const path = `/v2/${repository}/manifests/${reference}`;
    await expectCreated(ask('PUT', path, { headers, body: bytes }));
    return { ...descriptorOf(mediaType, bytes), bytes };
  };

  return {
    get slipway() {
      return slipway();
    },
    ask,
    askAsNobody,
    tokenFor: async (...scopes) => {
      const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&');
      const answer = await ask('GET', `/token?service=slipway&${query}`);
      return (answer.json() as { token: string }).token;
    },
    startUpload,
    pushBlob,
    pushManifest,
    pushImage: async (repository, reference = 'latest', fields = {}) => {
      const config = await pushBlob(repository, someBytes(), ociConfig);
      const layer = await pushBlob(repository);
      const bytes = imageManifest({ config, layers: [layer], ...fields });
      const pushed = await pushManifest(repository, reference, bytes, fields.mediaType);
      return { ...pushed, config, layer };
    },
  };
}

/** pino's levels from 50 on are errors: none of what a client can do is a reason for one. */
function errorsIn(log: string): string[] {
  return log.split('\n').filter((line) => /^\{"level":[56]0,/.test(line));
}
