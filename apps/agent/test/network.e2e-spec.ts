import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith } from '../../server/test/needs.ts';
import { startLimit } from '../../server/test/suite-registry.ts';
import { builtImage, busybox } from './built-images.ts';
import { suiteAgent } from './suite-agent.ts';
import { networkLeftovers } from './test-agent.ts';

const limit = 120_000;

interface Inspected {
  readonly id: string;
  readonly state: string;
  readonly restarts: number;
  readonly process: { readonly pid: number };
  readonly attachment: {
    readonly endpoints: readonly { readonly network: string; readonly address: string }[];
    readonly ports: readonly { readonly hostPort: number }[];
  };
}

const needs = { tools: ['runc', 'conmon', 'busybox', 'tar', 'ip', 'nft'], root: true };

describeWith(needs, 'networks of containers', () => {
  const { agent, registry, signIn } = suiteAgent();
  const web = () => `${registry.host}/acme/web:1`;
  const hostAddress = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

  beforeAll(async () => {
    const names = {
      script: 'mkdir bin; for name in httpd wget ip timeout; do ln -s busybox bin/$name; done',
    };
    const page = {
      Cmd: [
        'sh',
        '-c',
        'mkdir -p /www; echo "from $NAME" > /www/index.html; exec httpd -f -p 80 -h /www',
      ],
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGKILL',
    };
    await registry.push(
      await builtImage(registry.folder, 'web', [busybox, names], page),
      'acme/web',
      '1',
    );
    await signIn();
    await agent.run(['pull', '-q', web()]);
  }, startLimit);

  afterEach(async () => {
    const ids = (await agent.run(['ps', '-aq'])).split('\n').filter(Boolean);
    if (ids.length > 0) await agent.run(['rm', '-f', ...ids]);
    expect(networkLeftovers(agent.tag)).toEqual([]);
    await agent.run(['network', 'prune', '-f']);
  }, limit);

  const serve = async (name: string, ...options: readonly string[]): Promise<void> => {
    await agent.run(['run', '-d', '--name', name, '-e', `NAME=${name}`, ...options, web()]);
  };
  const inspect = async (name: string) =>
    (JSON.parse(await agent.run(['inspect', name])) as [Inspected])[0];
  const portOf = async (name: string) => (await inspect(name)).attachment.ports[0]?.hostPort ?? 0;
  const namespaceOf = async (name: string) =>
    `slipway_${agent.tag}-${(await inspect(name)).id.slice(0, 12)}`;

  /** What a web server says to the host. */
  const get = async (port: number, address = '127.0.0.1'): Promise<string> => {
    for (let tries = 0; tries < 100; tries++) {
      try {
        return await (await fetch(`http://${address}:${port}/`)).text();
      } catch {
        await sleep(50);
      }
    }
    throw new Error(`nobody answers on ${address}:${port}`);
  };
  /** What it says to another container; nothing, when it is not reached. */
  const ask = async (from: string, host: string): Promise<string> => {
    const wget = ['timeout', '1', 'wget', '-qO-', `http://${host}/`];
    return (await agent.attempt(['exec', from, ...wget])).stdout;
  };
  const answers = async (from: string, host: string): Promise<string> => {
    const script = `n=0; until timeout 1 wget -qO- http://${host}/; do n=$((n+1)); [ $n -lt 50 ] || exit 1; sleep 0.1; done`;
    return agent.run(['exec', from, 'sh', '-c', script]);
  };

  it(
    'answers on a port of the host that is asked for, or any, on every address or one',
    async () => {
      await serve('one', '-p', '80', '--memory', '64m');
      const port = await portOf('one');
      expect(await get(port)).toBe('from one\n');
      if (hostAddress !== undefined) expect(await get(port, hostAddress)).toBe('from one\n');
      expect(await agent.run(['ps'])).toContain(`0.0.0.0:${port}->80/tcp`);
      expect(await agent.run(['port', 'one'])).toBe(`80/tcp -> 0.0.0.0:${port}\n`);
      expect(await agent.run(['port', 'one', '80'])).toBe(`0.0.0.0:${port}\n`);
      await agent.run(['stop', 'one']);
      await serve('two', '-p', `127.0.0.1:${port}:80`);
      expect(await get(port)).toBe('from two\n');
      if (hostAddress !== undefined) {
        await expect(fetch(`http://${hostAddress}:${port}/`)).rejects.toThrow();
      }
      await serve('all', '-P');
      expect(await get(await portOf('all'))).toBe('from all\n');
      expect(await answers('all', 'two')).toBe('from two\n');
      const gateway =
        (await inspect('all')).attachment.endpoints[0]?.address.replace(/\d+$/, '1') ?? '';
      expect(await answers('two', `${gateway}:${await portOf('all')}`)).toBe('from all\n');
    },
    limit,
  );

  it(
    'answers over udp, too',
    async () => {
      await serve('dns', '-p', '53/udp', '-p', '53/tcp');
      const { ports } = (await inspect('dns')).attachment;
      expect(ports).toHaveLength(2);
      const script = `
        const socket = require('node:dgram').createSocket('udp4');
        socket.on('message', (text, { address, port }) => socket.send('echo ' + text, port, address));
        socket.bind(53, () => console.log('ready'));`;
      const within = [
        `--net=/run/netns/${await namespaceOf('dns')}`,
        process.execPath,
        '-e',
        script,
      ];
      const server: ChildProcess = spawn('nsenter', within, {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        if (server.stdout !== null) await once(server.stdout, 'data');
        for (const address of ['127.0.0.1', hostAddress ?? '127.0.0.1']) {
          const client = createSocket('udp4');
          client.send('hello', ports[0]?.hostPort ?? 0, address);
          const [answer] = (await once(client, 'message')) as [Buffer];
          client.close();
          expect(answer.toString()).toBe('echo hello');
        }
      } finally {
        server.kill('SIGKILL');
      }
    },
    limit,
  );

  it(
    'refuses a port that somebody has, and says who',
    async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as { readonly port: number };
      const run = ['run', '--rm', '-p', `${port}:80`, web()];
      expect((await agent.attempt(run)).stderr).toMatch(
        new RegExp(`port 0\\.0\\.0\\.0:${port}/tcp is taken by .+ \\(pid ${process.pid}\\)`),
      );
      other.close();
      await serve('holder', '-p', `${port}:80`);
      expect((await agent.attempt(run)).stderr).toContain('taken by the container holder');
      expect((await agent.attempt(['run', '-p', '203.0.113.7:80:80', web()])).stderr).toContain(
        '203.0.113.7 is no address of this host',
      );
      expect((await agent.attempt(['run', '-p', '[::1]:80:80', web()])).stderr).toContain(
        'publish on 127.0.0.1',
      );
      expect(
        (await agent.attempt(['run', '--network', 'none', '-p', '80', web()])).stderr,
      ).toContain('publishes no ports');
    },
    limit,
  );

  it(
    'has names on its networks, and nothing of the networks that it is not in',
    async () => {
      await agent.run(['network', 'create', '--label', 'for=test', 'front']);
      await agent.run(['network', 'create', '--internal', 'back']);
      expect(await agent.run(['network', 'ls'])).toMatch(
        /front +\d+\.\d+\.\d+\.0\/22\n.* back .*internal/,
      );
      await serve('db', '--network', 'back', '--network-alias', 'store', '--hostname', 'database');
      await serve('app', '--network', 'front', '--network', 'back');
      await serve('stranger', '--network', 'front');
      expect(await answers('app', 'db')).toBe('from db\n');
      expect(await answers('app', 'store')).toBe('from db\n');
      expect(await answers('stranger', 'app')).toBe('from app\n');
      const db = (await inspect('db')).attachment.endpoints[0]?.address ?? '';
      expect(await ask('stranger', 'db')).toBe('');
      expect(await ask('stranger', db)).toBe('');
      expect(await agent.run(['exec', 'db', 'hostname'])).toBe('database\n');
      expect(await agent.run(['exec', 'db', 'ip', 'route'])).not.toContain('default');

      await agent.run(['network', 'connect', '--alias', 'peer', 'back', 'stranger']);
      expect(await answers('stranger', 'store')).toBe('from db\n');
      expect(await answers('db', 'peer')).toBe('from stranger\n');
      expect((await agent.attempt(['network', 'rm', 'back'])).stderr).toContain(
        'network disconnect back',
      );
      await agent.run(['network', 'disconnect', 'front', 'stranger']);
      expect(await ask('app', 'stranger')).toBe('from stranger\n');
      expect(await agent.run(['exec', 'stranger', 'ip', 'route'])).not.toContain('default');
      await agent.run(['network', 'connect', 'front', 'stranger']);
      expect(await agent.run(['exec', 'stranger', 'ip', 'route'])).toMatch(/default .* eth0/);
      const [back] = JSON.parse(await agent.run(['network', 'inspect', 'back'])) as [
        { containers: { name: string }[] },
      ];
      expect(back.containers.map(({ name }) => name).sort()).toEqual(['app', 'db', 'stranger']);
      await agent.run(['rm', '-f', 'app', 'db', 'stranger']);
      expect((await agent.run(['network', 'prune', '--force'])).split('\n').sort()).toEqual([
        '',
        'back',
        'front',
      ]);
    },
    limit,
  );

  it(
    'has the addresses, names and resolvers that it was given, on a network of its own choice',
    async () => {
      const create = [
        'network',
        'create',
        '--subnet',
        '10.231.7.9/24',
        '--subnet',
        'fd31::/64',
        'own',
      ];
      await agent.run([...create, '--gateway', '10.231.7.254']);
      expect(
        (await agent.attempt(['network', 'create', '--subnet', '10.231.0.0/16', 'wide'])).stderr,
      ).toContain('overlaps 10.231.7.0/24');
      await serve(
        'own',
        '--network',
        'own',
        '--ip',
        '10.231.7.77',
        '--dns',
        '9.9.9.9',
        '--dns-search',
        'a.test',
        '--add-host',
        'x:1.2.3.4',
        '--add-host',
        'up:host-gateway',
      );
      const files = await agent.run(['exec', 'own', 'cat', '/etc/resolv.conf', '/etc/hosts']);
      expect(files).toMatch(/^nameserver 9\.9\.9\.9\nsearch a\.test\n/);
      expect(files).toContain('\n1.2.3.4\tx\n10.231.7.254\tup\n10.231.7.77\t');
      expect(files).toMatch(/\nfd31::2\t[0-9a-f]{12} own\n/);
      expect(
        (await agent.attempt(['run', '--network', 'own', '--ip', '10.231.7.77', web()])).stderr,
      ).toContain('is the address of own');
      expect(
        (await agent.attempt(['run', '--network', 'own', '--ip', '10.1.1.1', web()])).stderr,
      ).toContain('no free address of the network own');
      await serve('asker', '--network', 'own');
      expect(await answers('asker', '[fd31::2]')).toBe('from own\n');
    },
    limit,
  );

  it(
    'shares the network of another container, names and all',
    async () => {
      await serve('main', '-p', '80');
      const side = ['run', '--rm', '--network', 'container:main', web()];
      expect(await agent.run([...side, 'wget', '-qO-', 'http://127.0.0.1/'])).toBe('from main\n');
      expect(await agent.run([...side, 'cat', '/etc/hosts'])).toContain(' main\n');
      expect((await agent.attempt(['run', '--network', 'container:none', web()])).stderr).toContain(
        'no container none',
      );
    },
    limit,
  );

  it(
    'has the same network after a stop and a start',
    async () => {
      await serve('again', '-p', '80');
      const path = `/run/netns/${await namespaceOf('again')}`;
      const { ino } = statSync(path);
      await agent.run(['stop', 'again']);
      expect(networkLeftovers(agent.tag).filter((line) => !line.includes('slipway_'))).toEqual([]);
      await agent.run(['start', 'again']);
      expect(statSync(path).ino).toBe(ino);
      expect(await get(await portOf('again'))).toBe('from again\n');
    },
    limit,
  );

  it(
    'keeps its network when it is started again by its policy, also by another agent',
    async () => {
      await serve('kept', '-p', '80', '--restart', 'always');
      const port = await portOf('kept');
      const path = `/run/netns/${await namespaceOf('kept')}`;
      const { ino } = statSync(path);
      const { attachment } = await inspect('kept');
      const again = async (restarts: number) => {
        for (let tries = 0; tries < 200; tries++) {
          const found = await inspect('kept');
          if (found.state === 'running' && found.restarts === restarts) return found;
          await sleep(50);
        }
        throw new Error('it was not started again');
      };
      process.kill((await inspect('kept')).process.pid, 'SIGKILL');
      expect((await again(1)).attachment).toEqual(attachment);
      expect(await get(port)).toBe('from kept\n');
      const { pid } = (await inspect('kept')).process;
      await agent.kill9();
      process.kill(pid, 'SIGKILL');
      expect((await again(2)).attachment).toEqual(attachment);
      expect(await get(port)).toBe('from kept\n');
      expect(statSync(path).ino).toBe(ino);
      await agent.run(['stop', 'kept']);
      expect((await inspect('kept')).attachment).toBeUndefined();
      expect(networkLeftovers(agent.tag).filter((line) => !line.includes('slipway_'))).toEqual([]);
    },
    limit,
  );

  it(
    'is known to others, and to who shares its network, by the name that it has now',
    async () => {
      await serve('before', '-p', '80');
      await serve('asker');
      const own = ['wget', '-qO-', 'http://127.0.0.1/'];
      const side = ['create', '--name', 'side', '--network', 'container:before'];
      await agent.run([...side, web(), ...own]);
      expect(await answers('asker', 'before')).toBe('from before\n');
      await agent.run(['rename', 'before', 'after']);
      expect(await answers('asker', 'after')).toBe('from before\n');
      expect(await ask('asker', 'before')).toBe('');
      expect(await agent.run(['exec', 'after', 'cat', '/etc/hosts'])).toMatch(/ after$/m);
      expect(await agent.run(['start', '-a', 'side'])).toBe('from before\n');
    },
    limit,
  );

  it(
    'goes on answering while the agent is dead, and leaves nothing when it is removed',
    async () => {
      await serve('survivor', '-p', '80');
      const port = await portOf('survivor');
      expect(await get(port)).toBe('from survivor\n');
      await agent.kill9();
      expect(await get(port)).toBe('from survivor\n');
      expect(await agent.run(['ps'])).toContain(`:${port}->80/tcp`);
      expect(await get(port)).toBe('from survivor\n');
      await serve('peer');
      expect(await answers('peer', 'survivor')).toBe('from survivor\n');
      await agent.kill9();
      await agent.run(['rm', '-f', 'survivor', 'peer']);
      expect(networkLeftovers(agent.tag)).toEqual([]);
    },
    limit,
  );

  it(
    'is mended when something else takes its rules away',
    async () => {
      await serve('mended', '-p', '80');
      const port = await portOf('mended');
      await get(port);
      execFileSync('nft', ['delete', 'table', 'inet', `slipway_${agent.tag}`]);
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      expect(await get(port)).toBe('from mended\n');
    },
    limit,
  );

  it(
    'leaves nothing when the agent is killed at any moment of a start or an end',
    async () => {
      for (let round = 0; round < 6; round++) {
        const name = `killed-${round}`;
        await agent.run(['ps']);
        const running = agent.attempt(['run', '-d', '--name', name, '-p', '80', web()]);
        await sleep(150 + Math.random() * 500);
        await agent.kill9();
        await running;
        if (round % 2 === 0) continue;
        await agent.run(['ps']);
        const removing = agent.attempt(['rm', '-f', name]);
        await sleep(100 + Math.random() * 300);
        await agent.kill9();
        await removing;
      }
      const ids = (await agent.run(['ps', '-aq'])).split('\n').filter(Boolean);
      if (ids.length > 0) await agent.run(['rm', '-f', ...ids]);
      expect(networkLeftovers(agent.tag)).toEqual([]);
    },
    limit,
  );
});
