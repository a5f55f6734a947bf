import { join } from 'node:path';
import { client, type Client } from '../../server/test/client.ts';
import type { Slipway } from '../../server/test/slipway.ts';
import { type Built, layoutOf } from './images.ts';

const BASE = {
  createdBy: '/bin/sh -c #(nop) ADD file:rootfs.tar.xz in / ',
  bytes: 2_900_000,
  files: {
    'bin/': '',
    'bin/busybox': 'an executable\0of a kind',
    'etc/': '',
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/srv:/bin/sh\n',
    'etc/os-release': 'NAME="Alpine Linux"\nVERSION_ID=3.22\n',
    'tmp/leftover': 'of the build',
  },
};
const SHELL = { createdBy: '/bin/sh -c #(nop)  CMD ["sh"]' };

const web = (version: string, more: Built['steps'] = []): Built => ({
  steps: [
    BASE,
    SHELL,
    {
      createdBy: 'RUN /bin/sh -c apk add --no-cache curl tini # buildkit',
      bytes: 640_000,
      files: { 'tmp/.wh.leftover': '' },
    },
    {
      createdBy: 'COPY package.json package-lock.json /srv/ # buildkit',
      bytes: 9_000,
      files: { 'srv/package.json': '{\n  "name": "shop",\n  "private": true\n}\n' },
    },
    { createdBy: 'RUN /bin/sh -c npm ci --omit=dev # buildkit', bytes: 5_600_000 },
    ...more,
    { createdBy: 'COPY dist /srv/dist # buildkit', bytes: 400_000, seed: version },
    { createdBy: 'USER 1000' },
    { createdBy: 'ENTRYPOINT ["/sbin/tini" "--" "node" "/srv/dist/main.js"]' },
  ],
  config: {
    Entrypoint: ['/sbin/tini', '--', 'node', '/srv/dist/main.js'],
    Env: ['PATH=/usr/local/bin:/usr/bin:/bin', `SHOP_VERSION=${version}`, 'NODE_ENV=production'],
    User: '1000',
    WorkingDir: '/srv',
    ExposedPorts: { '8080/tcp': {} },
    Labels: {
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.source': 'https://git.example.org/acme/shop',
    },
    StopSignal: 'SIGTERM',
    Healthcheck: { Test: ['CMD', 'curl', '-f', 'http://localhost:8080/healthz'] },
  },
});

/** A registry that is in use: people, an organisation, images of several kinds and ages. */
export interface Seeded {
  readonly crane: Client;
  readonly remote: (name: string) => string;
  readonly ask: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** Pushes an image with crane. */
  readonly push: (name: string, builds: readonly Built[]) => Promise<void>;
}

export const PASSWORD = 'a long password for tests';
const README = `# The shop

What our customers see. Runs behind the proxy, on port **8080**.

| variable | what it is |
| --- | --- |
| \`SHOP_VERSION\` | which build this is |
| \`DATABASE_URL\` | where the orders are |

\`\`\`
docker run -p 8080:8080 -e DATABASE_URL=postgres://… acme/web
\`\`\`

Built from [the source](https://git.example.org/acme/shop).
`;

export async function seeded(slipway: Slipway, folder: string): Promise<Seeded> {
  const { url, host, username, password } = slipway;
  const crane = client('crane', folder, { DOCKER_CONFIG: join(folder, 'docker') });
  await crane.run(['auth', 'login', host, '--username', username, '--password', password]);
  const remote = (name: string) => `${host}/${name}`;
  const ask: Seeded['ask'] = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  let layouts = 0;
  const push: Seeded['push'] = async (name, builds) => {
    const layout = await layoutOf(folder, `layout-${++layouts}`, builds);
    await crane.run(['push', layout, remote(name)]);
  };
  return { crane, remote, ask, push };
}

/** What a team has after some months. */
export async function fill({ ask, push, crane, remote }: Seeded): Promise<void> {
  for (const [name, displayName] of [
    ['ada', 'Ada Lovelace'],
    ['grace', 'Grace Hopper'],
  ] as const) {
    await ask('POST', '/accounts', { username: name, displayName, password: PASSWORD });
  }
  await ask('POST', '/organisations', {
    name: 'acme',
    displayName: 'Acme Corporation',
    owner: 'ada',
  });
  await ask('PUT', '/organisations/acme/members/grace', { role: 'member' });
  await ask('POST', '/organisations/acme/teams', {
    name: 'web',
    description: 'Those who build the shop',
  });
  await ask('PUT', '/organisations/acme/teams/web/members/grace');
  await ask('POST', '/namespaces/acme/grants', { pattern: 'web*', role: 'push', team: 'web' });
  await ask('POST', '/namespaces/acme/robots', { name: 'ci', description: 'The builds' });

  await push('acme/web:1.0', [web('1.0')]);
  await push('acme/web:1.1', [web('1.1')]);
  await push('acme/web:2.0', [
    web('2.0', [{ createdBy: 'COPY assets /srv/assets # buildkit', bytes: 7_800_000 }]),
    { ...web('2.0'), platform: 'linux/arm64' },
  ]);
  await crane.run(['tag', remote('acme/web:1.0'), 'latest']);
  await crane.run(['tag', remote('acme/web:2.0'), 'latest']);
  await push('acme/worker:1.0', [web('worker')]);
  await push('ada/scratch:latest', [{ steps: [BASE, SHELL] }]);
  await ask('PATCH', '/repositories/acme%2Fweb', {
    description: 'The shop, as our customers see it',
  });
  await ask('PUT', '/repositories/acme%2Fweb/readme', { readme: README });
  await ask('PATCH', '/repositories/acme%2Fworker', {
    description: 'Sends mails and bills at night',
  });
  await ask('PUT', '/repositories/acme%2Fworker/visibility', { visibility: 'public' });
}
