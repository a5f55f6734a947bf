import type { Client } from '../../server/test/client.ts';
import { containersClient } from '../../server/test/containers-client.ts';
import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox, type ImageProcess, type LayerScript } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

interface Subject {
  readonly layers: readonly LayerScript[];
  readonly config?: ImageProcess;
}

/** What layers do to each other's files; each in a folder of its own, so that all are in one image. */
const changes: readonly (readonly string[])[] = [
  [
    'mkdir -p d/e; echo 1 > a; echo 2 > d/b; echo 3 > d/e/c; ln -s a l; echo keep > d/k',
    'mkdir d; touch .wh.a .wh.l d/.wh.b d/.wh.e',
  ],
  ['echo 1 > a', 'touch .wh.a', 'echo 3 > a; chmod 600 a'],
  [
    'mkdir -p o/p; echo 1 > o/a; echo 2 > o/p/b',
    'mkdir -p o; touch o/.wh..wh..opq; echo new > o/c; chmod 711 o',
  ],
  ['mkdir d; echo 1 > d/a', 'touch .wh.d', 'mkdir d; echo 2 > d/b; chmod 750 d'],
  [
    'echo 1 > f; mkdir d; echo 2 > d/x; ln -s d l; mkdir e',
    'mkdir f; echo 3 > f/y; echo 4 > d; mkdir l; echo 5 > l/z; ln -s f e',
  ],
  ['echo 1 > a; ln a b; mkdir d; ln a d/c', 'echo 2 > a; ln a n'],
  [
    'echo > s; chmod 6755 s; mkdir t; chmod 3777 t; echo > n; chmod 0 n; chown 4000000:5000000 n; echo > u; chown 1:2 u',
  ],
  ['mkfifo -m 640 p; ln -s /no/where d; ln -s loop loop'],
];

const layersOfChanges: readonly LayerScript[] = [0, 1, 2].map((layer) => ({
  script: changes
    .flatMap((scripts, n) => {
      const script = scripts[layer];
      return script === undefined ? [] : [`mkdir -p change-${n}; (cd change-${n}; ${script})`];
    })
    .join('\n'),
}));

const long = (letter: string) => `long=$(printf '${letter}%.0s' $(seq 200))`;

/** Images that may come out otherwise elsewhere, by what is odd about them. GNU's old sparse files podman refuses. */
const subjects: Readonly<Record<string, Subject>> = {
  'layers that hide, replace and link files, with odd modes and owners': {
    layers: layersOfChanges,
  },
  'folders without an entry of their own': {
    layers: [
      { script: 'mkdir -p srv/www/html; chmod 2750 srv; chown 7:8 srv/www; chmod 711 srv/www' },
      {
        script: 'mkdir -p srv/www/html new/deep; echo 1 > srv/www/html/i; echo 2 > new/deep/f',
        members: ['srv/www/html/i', 'new/deep/f'],
      },
    ],
  },
  'long names, sparse files and every format and compression': {
    layers: [
      {
        script: `
          ${long('n')}; mkdir -p $long/$long; echo 1 > $long/$long/f; ln -s $long/$long/f link; ln $long/$long/f hard
          echo > 'größe 日本'; echo > 'with space'; echo > ./-dash; echo > 'star*'
          truncate -s 3M a; printf end >> a; truncate -s 1M b`,
        compression: 'none',
      },
      {
        script: `
          ${long('g')}; mkdir -p $long; echo 1 > $long/$long; ln -s $long/$long glink`,
        format: 'gnu',
        compression: 'zstd',
      },
      { script: ':', members: [] },
      { script: 'echo 3 > u; chmod 711 .', format: 'ustar' },
    ],
  },
  '/etc behind a link, a user in it, and an environment of its own': {
    layers: [
      {
        script: `
          mkdir -p usr/etc; touch .wh.etc
          printf 'root:x:0:0::/r:/bin/sh\\nlinked:x:77:78::/home/l:/bin/sh\\n' > usr/etc/passwd`,
      },
      { script: 'ln -s usr/etc etc' },
    ],
    config: { User: 'linked', Env: ['PATH=/bin:/x', 'A=1', 'B=two words', 'EMPTY='] },
  },
};

/** A line for each thing in the tree, without what the runtime mounts there, and then what the program is given. */
const LOOK = `
  find / -xdev \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o -print | sort | while IFS= read -r path; do
    case $path in */resolv.conf|*/hosts|*/hostname|*/mtab|/run|/run/.containerenv) continue ;; esac
    stat -c '%N %F %a %u:%g' "$path"
    [ -d "$path" ] || [ -L "$path" ] || stat -c '  %s bytes, %Y' "$path"
    [ -f "$path" ] && [ ! -L "$path" ] && [ -r "$path" ] && sha256sum < "$path"
  done
  echo ---; id -u; id -g; pwd; env | sort`;

/** What podman sets, and Slipway does not. */
const OWN = /^(container=podman|TERM=.*|HOSTNAME=.*|SHLVL=.*|PWD=.*|OLDPWD=.*)$/;

describeWith(
  { tools: ['runc', 'conmon', 'busybox', 'podman', 'tar', 'ip', 'nft'], root: true },
  'a container has the files and the environment that podman gives it',
  () => {
    const { agent, registry, signIn } = suiteAgent();
    let podman: Client;

    beforeAll(async () => {
      podman = await containersClient('podman', registry);
      const { username, password, host } = registry;
      await signIn();
      await podman.run(['login', '--username', username, '--password', password, host]);
    }, startLimit);

    const lines = (text: string) => text.split('\n').filter((line) => !OWN.test(line));

    it.each(Object.entries(subjects))(
      'with %s',
      async (name, { layers, config = {} }) => {
        const repository = `differential/${name.replaceAll(/[^a-z]+/g, '-').replace(/^-/, '')}`;
        await registry.push(
          await builtImage(
            registry.folder,
            name.replaceAll(/[^a-z]/g, '-'),
            [busybox, ...layers],
            config,
          ),
          repository,
        );
        const image = `${registry.host}/${repository}:latest`;
        const look = ['--entrypoint', '/bin/sh', image, '-c', LOOK];
        const [theirs, ours] = await Promise.all([
          podman.run([
            ...[
              '--runtime',
              'runc',
              'run',
              '--rm',
              '--network',
              'none',
              '--ulimit',
              'nofile=1024:1024',
            ],
            ...['--ulimit', 'nproc=1024:1024', '--security-opt', 'no-new-privileges', ...look],
          ]),
          agent.attempt(['run', '--rm', '--network', 'none', ...look]),
        ]);
        expect(theirs.stdout).toContain('---');
        expect(lines(ours.stdout)).toEqual(lines(theirs.stdout));
      },
      limit,
    );
  },
);
