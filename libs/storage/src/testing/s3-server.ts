import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { enablingCommand, findTool } from '../../../../scripts/host-tools.mjs';
import type { S3Options } from '../s3.ts';

const START_LIMIT = 30_000;

/** A server of S3, of a kind that nobody here wrote, with an empty bucket, on a port of the loopback. */
export interface S3Server {
  readonly port: number;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** What a store needs to know; of a proxy before the server, its port. */
  options(port?: number): S3Options;
  /** The names of all objects, without the folders that they seem to be in. */
  names(): Promise<string[]>;
  /** As after a crash: nothing answers until `start`. */
  kill9(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startS3Server(more: readonly string[] = []): Promise<S3Server> {
  const program = findTool('versitygw');
  if (program === undefined) throw new Error(enablingCommand('versitygw'));
  const folder = await mkdtemp(join(tmpdir(), 'slipway-s3-'));
  for (const each of ['data', 'sidecar', 'iam']) mkdirSync(join(folder, each));
  const port = await freePort();
  const accessKey = randomBytes(8).toString('hex');
  const secretKey = randomBytes(16).toString('hex');
  const bucket = 'slipway';
  const args = [
    ...['--port', `127.0.0.1:${port}`, '--access', accessKey, '--secret', secretKey],
    ...['--quiet', '--keep-alive', '--iam-dir', join(folder, 'iam'), ...more],
    ...['posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'data')],
  ];
  const scheme = more.includes('--cert') ? 'https' : 'http';
  const options = (through = port): S3Options => ({
    region: 'us-east-1',
    endpoint: `${scheme}://127.0.0.1:${through}`,
    pathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    profile: undefined,
    caFile: undefined,
    bucket,
    prefix: '',
    encryption: undefined,
    links: undefined,
  });
  let running: Running | undefined;
  const start = async (): Promise<void> => {
    running = await run(program, args, port);
  };
  await start();
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: `${scheme}://127.0.0.1:${port}`,
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    // Whether its certificate is right is for the store to say.
    requestHandler: { httpsAgent: { rejectUnauthorized: false } },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    port,
    bucket,
    accessKey,
    secretKey,
    options,
    start,
    names: async () => {
      const names: string[] = [];
      for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
        names.push(...(Contents ?? []).map(({ Key = '' }) => Key.replace(/^.*\//, '')));
      }
      return names;
    },
    kill9: async () => running?.end('KILL'),
    stop: async () => {
      client.destroy();
      await running?.end('TERM');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Running {
  end(signal: 'TERM' | 'KILL'): Promise<void>;
}

/** Under a shell that ends it when its input ends: a test run that is killed leaves nothing behind. */
async function run(program: string, args: readonly string[], port: number): Promise<Running> {
  const script = '"$@" & read -r signal; kill -"${signal:-KILL}" $!; wait $!';
  const child = spawn('sh', ['-c', script, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  }
  const giveUp = Date.now() + START_LIMIT;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > giveUp) {
      throw new Error(`${program} did not start:\n${printed.join('')}`);
    }
    await sleep(20);
  }
  return {
    end: async (signal) => {
      if (!isRunning(child)) return;
      const ended = once(child, 'exit');
      child.stdin.end(`${signal}\n`);
      await ended;
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
