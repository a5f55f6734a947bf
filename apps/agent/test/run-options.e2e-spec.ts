import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '@slipway/runtime';
import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';

const limit = 120_000;

/** The bits of capability.h. */
const bit = { chown: 1n << 0n, kill: 1n << 5n, netRaw: 1n << 13n, sysAdmin: 1n << 21n };

describeWith(
  { tools: ['runc', 'conmon', 'busybox', 'catatonit', 'tar', 'ip', 'nft'], root: true },
  'slipway run with options',
  () => {
    const { agent, registry, signIn } = suiteAgent();
    const app = () => `${registry.host}/acme/options:1`;

    beforeAll(async () => {
      const image = await builtImage(registry.folder, 'options', [busybox], {
        Labels: { from: 'image', both: 'image' },
      });
      await registry.push(image, 'acme/options', '1');
      await signIn();
      await agent.run(['pull', app()]);
    }, startLimit);

    const run = (options: readonly string[], script: string) =>
      agent.run(['run', '--rm', ...options, app(), 'sh', '-c', script]);
    const capabilities = async (...options: readonly string[]) =>
      BigInt(
        `0x${(await run(options, 'while read k v; do case $k in CapEff:) echo $v;; esac; done < /proc/self/status')).trim()}`,
      );

    it(
      'takes variables from a file, and those of the command line over them',
      async () => {
        const file = join(registry.folder, 'variables');
        await writeFile(file, '# some\nA=from the file\nB="quoted"\nFROM_HERE\nMISSING\n');
        const lines = (await run(['-e', 'A=said', '--env-file', file], 'env')).split('\n');
        expect(lines).toEqual(expect.arrayContaining(['A=said', 'B="quoted"', 'FROM_HERE=yes']));
        expect(lines.some((line) => line.startsWith('MISSING'))).toBe(false);
      },
      limit,
    );

    it(
      'gives and takes capabilities',
      async () => {
        const some = await capabilities('--cap-add', 'net_raw', '--cap-drop', 'CAP_KILL');
        expect([some & bit.netRaw, some & bit.kill, some & bit.sysAdmin]).toEqual([
          bit.netRaw,
          0n,
          0n,
        ]);
        expect(await capabilities('--cap-drop', 'ALL', '--cap-add', 'CHOWN')).toBe(bit.chown);
        const { code, stderr } = await agent.attempt(['run', '--cap-add', 'FLY', app()]);
        expect([code, stderr]).toEqual([125, expect.stringContaining('FLY is not a capability')]);
      },
      limit,
    );

    it(
      'holds programs by limits, a seccomp profile and no new privileges',
      async () => {
        const profile = join(registry.folder, 'no-chmod.json');
        await writeFile(
          profile,
          JSON.stringify({
            defaultAction: 'SCMP_ACT_ALLOW',
            syscalls: [{ names: ['chmod', 'fchmodat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95 }],
          }),
        );
        const look =
          'ulimit -n; ulimit -Hn; ulimit -c; chmod 700 /tmp && echo changed; while read k v; do case $k in Seccomp:|NoNewPrivs:) echo $k$v;; esac; done < /proc/self/status';
        const limits = ['--ulimit', 'nofile=100:200', '--ulimit', 'core=0'];
        expect(await run(limits, look)).toBe('100\n200\n0\nchanged\nNoNewPrivs:1\nSeccomp:2\n');
        expect(
          await run(
            ['--security-opt', 'seccomp=unconfined', '--security-opt', 'no-new-privileges=false'],
            look,
          ),
        ).toMatch(/^1024\n\d+\n\w+\nchanged\nNoNewPrivs:0\nSeccomp:0\n$/);
        const held = await agent.attempt([
          ...['run', '--rm', '--security-opt', `seccomp=${profile}`, app()],
          ...['sh', '-c', look],
        ]);
        expect(held.stdout).not.toContain('changed');
        expect(held.stdout).toContain('Seccomp:2');
      },
      limit,
    );

    it(
      'mounts folders of the host and of memory',
      async () => {
        const source = join(registry.folder, 'a,b');
        await writeFile(source, 'shared\n');
        const mounts = await run(
          [
            ...['--read-only', '--tmpfs', '/scratch:size=1m,mode=700'],
            ...['--mount', 'type=tmpfs,target=/more,tmpfs-size=2m'],
            ...['--mount', `type=bind,"source=${source}",target=/file,readonly`],
          ],
          'cat /file; echo > /scratch/x && echo > /more/x && echo wrote; echo > /x || echo kept; stat -c %a /scratch; cat /proc/mounts',
        );
        expect(mounts).toMatch(/^shared\nwrote\nkept\n700\n/);
        expect(mounts).toMatch(
          / \/scratch tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k,mode=700/,
        );
        expect(mounts).toMatch(/ \/more tmpfs \S*size=2048k/);
        expect(
          (await agent.attempt(['run', '--tmpfs', '/a', '--tmpfs', '/a/', app()])).stderr,
        ).toContain('/a is to be mounted twice');
      },
      limit,
    );

    it(
      'keeps labels, over those of the image',
      async () => {
        await agent.run(['create', '--name', 'labelled', '-l', 'both=said', '-l', 'own', app()]);
        expect(JSON.parse(await agent.run(['inspect', 'labelled']))).toMatchObject([
          { labels: { from: 'image', both: 'said', own: '' } },
        ]);
        await agent.run(['rm', 'labelled']);
      },
      limit,
    );

    it(
      'has a first process that reaps, when asked for one',
      async () => {
        const look = 'cat /proc/1/comm; (sleep 0.1 &); sleep 0.3; cat /proc/[0-9]*/comm';
        const [first, ...others] = (await run(['--init'], look)).trim().split('\n');
        expect(first).toBe('init');
        expect(others.filter((name) => name === 'sleep')).toEqual([]);
        expect(await run([], 'cat /proc/1/comm; true')).toBe('sh\n');
      },
      limit,
    );

    it(
      'does not run an image of another platform that lies here under the same name',
      async () => {
        const { code, stderr } = await agent.attempt([
          ...['run', '--rm', '--platform', 'linux/s390x', app(), 'true'],
        ]);
        expect([code, stderr]).toEqual([125, expect.stringContaining('linux/s390x')]);
        expect(await run(['--platform', `linux/${hostArchitecture()}`], 'echo here')).toBe(
          'here\n',
        );
      },
      limit,
    );
  },
);
