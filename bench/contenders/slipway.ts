import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from '../server-process.ts';
import { bearerTokens } from './bearer-tokens.ts';
import type { Candidate, MissingCandidate } from './contender.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const node = join(project, 'node_modules/.bin/node');
const main = join(project, 'apps/server/dist/main.js');

const credentials = { username: 'admin', password: 'only-for-the-benchmark' };

interface Package {
  readonly version: string;
  readonly scripts: { readonly start: string };
}

/** This project's server, built, with its embedded Postgres. */
export function findSlipway(): Candidate | MissingCandidate {
  if (!existsSync(main)) return { name: 'slipway', enabling: 'npm run build' };
  const { version, scripts } = JSON.parse(
    readFileSync(join(project, 'package.json'), 'utf8'),
  ) as Package;
  return {
    name: 'slipway',
    version,
    setUp:
      'embedded Postgres, sync to disk before every 201, authentication on (Bearer tokens of its own token endpoint)',
    start: async (folder) => {
      const port = await freePort();
      const data = join(folder, 'data');
      const url = `http://127.0.0.1:${port}`;
      await mkdir(data);
      const server = await startServer({
        command: node,
        args: [...nodeFlags(scripts.start), main],
        environment: {
          SLIPWAY_HOST: '127.0.0.1',
          SLIPWAY_PORT: String(port),
          SLIPWAY_DATA_DIR: data,
          SLIPWAY_ADMIN_USERNAME: credentials.username,
          SLIPWAY_ADMIN_PASSWORD: credentials.password,
          SLIPWAY_LOG_LEVEL: 'warn',
          SLIPWAY_TOKEN_RATE: '0',
          SLIPWAY_ANONYMOUS_PULL_RATE: '0',
        },
        folder: data,
        log: join(folder, 'log'),
        ready: `${url}/readyz`,
      });
      return {
        name: 'slipway',
        url,
        folder: data,
        credentials,
        ...server,
        authorize: bearerTokens(url, credentials),
      };
    },
  };
}

/** The flags that `npm start` gives to Node, so that what is measured is what people run. */
const nodeFlags = (start: string): string[] =>
  (/node_modules\/\.bin\/node (.*)apps\/server\/dist\/main\.js/.exec(start)?.[1] ?? '')
    .split(' ')
    .filter((flag) => flag !== '');
