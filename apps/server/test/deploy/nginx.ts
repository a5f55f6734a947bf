import { readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool } from '../../../../scripts/host-tools.mjs';
import type { Certificate } from '../certificate.ts';
import { startDaemon, type Daemon } from '../daemon.ts';

const configuration = fileURLToPath(new URL('../../../../deploy/nginx.conf', import.meta.url));

export interface Nginx extends Daemon {
  /** What it logged, from warnings on. */
  faults(): Promise<string>;
}

/** Debian's nginx with the configuration that operators are given, on a port of the loopback. */
export async function startNginx(
  folder: string,
  port: number,
  server: string,
  { certificate, key }: Certificate,
): Promise<Nginx> {
  const errors = join(folder, 'error.log');
  const file = join(folder, 'nginx.conf');
  await writeFile(file, await adapted({ folder, port, server, certificate, key }));
  const daemon = await startDaemon({
    program: findTool('nginx') ?? '',
    args: [
      ...['-p', folder, '-c', file, '-e', errors],
      ...['-g', `daemon off; pid ${join(folder, 'nginx.pid')}; error_log ${errors} warn;`],
    ],
    env: {},
    folder,
    isReady: () => answers(port),
  });
  return { ...daemon, faults: () => readFile(errors, 'utf8') };
}

/** Other addresses and files, and folders that this user may write to; every other line as it is. */
async function adapted(here: {
  readonly folder: string;
  readonly port: number;
  readonly server: string;
  readonly certificate: string;
  readonly key: string;
}): Promise<string> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${join(here.folder, kind)};`)
    .join('\n');
  const changes = [
    ['http {', `http {\n  access_log off;\n${temporary}`],
    ['server 127.0.0.1:5000;', `server ${here.server};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${here.port} ssl;`],
    ['/etc/nginx/tls/certificate.pem', here.certificate],
    ['/etc/nginx/tls/key.pem', here.key],
  ] as const;
  return changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${configuration} has no "${from}"`);
      return text.replace(from, to);
    },
    await readFile(configuration, 'utf8'),
  );
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    https
      .get(
        { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, agent: false },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      )
      .on('error', () => resolve(false));
  });
}
