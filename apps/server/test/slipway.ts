import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { tempFolder } from './temp-folder.ts';

export interface SlipwayOptions {
  /** Added to the server's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it keeps its data; by default a folder of its own, removed when it is stopped. */
  readonly dataDir?: string;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A server process of this source tree, on a free port, with an administrator's account. */
export interface Slipway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dataDir: string;
  readonly pid: number;
  /** What this server has printed since the first start. */
  log(): string;
  /** SIGTERM; rejects when the server, or anything that it started, is still there afterwards. */
  stop(): Promise<void>;
  /** A crash of the server alone: its Postgres is not told. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data, after `kill9`, or after an orderly stop. */
  restart(): Promise<void>;
}

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

export async function startSlipway(options: SlipwayOptions = {}): Promise<Slipway> {
  const folder = await tempFolder('server');
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const url = `${options.tls ? 'https' : 'http'}://${host}`;
  const username = 'admin';
  const password = randomBytes(12).toString('base64url');
  const dataDir = options.dataDir ?? join(folder.path, 'data');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder.path,
    SLIPWAY_HOST: '127.0.0.1',
    SLIPWAY_PORT: String(port),
    SLIPWAY_DATA_DIR: dataDir,
    SLIPWAY_ADMIN_USERNAME: username,
    SLIPWAY_ADMIN_PASSWORD: password,
    SLIPWAY_LOG_LEVEL: 'info',
    ...(options.tls && {
      SLIPWAY_TLS_CERT: options.tls.certificate,
      SLIPWAY_TLS_KEY: options.tls.key,
    }),
    ...options.env,
  };
  const start = () =>
    startDaemon({
      program: join(projectRoot, 'node_modules/.bin/node'),
      args: ['apps/server/dist/main.js'],
      env,
      cwd: projectRoot,
      folder: dataDir,
      isReady: () => isReady(url),
    });

  let earlier = '';
  let daemon = await start().catch(async (error: unknown) => {
    await folder.remove();
    throw error;
  });

  return {
    url,
    host,
    port,
    username,
    password,
    dataDir,
    get pid() {
      return daemon.pid;
    },
    log: () => earlier + daemon.log(),
    stop: () => daemon.stop().finally(() => folder.remove()),
    kill9: () => daemon.kill9(),
    restart: async () => {
      await daemon.stop();
      earlier += daemon.log();
      daemon = await start();
    },
  };
}

/** The certificate is not verified here: whether it is right is for the clients to say. */
async function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { get } = url.startsWith('https:') ? https : http;
    get(`${url}/readyz`, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
