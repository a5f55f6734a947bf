import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findTool } from '../../../../scripts/host-tools.mjs';
import { describeAsRoot } from '../testing/as-root.ts';
import type { DesiredNetwork } from './host-network.ts';
import type { Endpoint } from './links.ts';
import type { BridgedNetwork } from './ruleset.ts';

/**
 * A host, which is a namespace of its own, and another machine on its only wire:
 *
 *     lan 198.51.100.2 ── 198.51.100.1 host ─┬─ a0: web .2, peer .3
 *                                            ├─ a1: other .2          IPv6 as well
 *                                            └─ a2: sealed .2         internal
 */
const run = process.pid.toString(36);
const [host, lan] = [`slipway-test-${run}-host`, `slipway-test-${run}-lan`];
const module = new URL('host-network.ts', import.meta.url).href;
const children: ChildProcess[] = [];

const networks: readonly BridgedNetwork[] = [0, 1, 2].map((n) => ({
  ...{ bridge: '', subnet: `10.9.${n}.0/24`, gateway: `10.9.${n}.1`, internal: n === 2 },
  ...(n === 1 && { subnet6: 'fd09::/64', gateway6: 'fd09::1' }),
}));

const within = (namespace: string, args: readonly string[], input = ''): string =>
  execFileSync('nsenter', [`--net=/run/netns/${namespace}`, ...args], {
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  });

/** Calls HostNetwork in the host's namespace, as an agent there would. */
function call(text: string): unknown {
  const script = `
    import { HostNetwork } from ${JSON.stringify(module)};
    const network = new HostNetwork('${run}', false);
    const sets = (_, value) => (value !== null && Array.isArray(value.set) ? new Set(value.set) : value);
    const desired = (text) => JSON.parse(text, sets);
    console.log(JSON.stringify((await (async () => { ${text} })()) ?? null));`;
  return JSON.parse(
    within(host, [process.execPath, '--input-type=module', '-e', script]),
  ) as unknown;
}

const inJson = (desired: DesiredNetwork) =>
  JSON.stringify(
    JSON.stringify({ ...desired, keptNamespaces: { set: [...desired.keptNamespaces] } }),
  );
const settle = (desired: DesiredNetwork): void => {
  call(`await network.settle(desired(${inJson(desired)}))`);
};

const nothing: DesiredNetwork = {
  ...{ networks: [], endpoints: [], forwards: [], keptNamespaces: new Set() },
};

function listen(namespace: string, port: number, answer: string) {
  const busybox = findTool('busybox') ?? '';
  const args = [`--net=/run/netns/${namespace}`, busybox, 'nc', '-ll', '-p', String(port)];
  children.push(spawn('nsenter', [...args, '-e', busybox, 'echo', answer], { stdio: 'ignore' }));
}

/** What a server says, or nothing when it is not reached. */
async function ask(namespace: string, address: string, port: number): Promise<string> {
  const nc = [findTool('busybox') ?? '', 'nc', '-w', '1', address, String(port)];
  const asking = promisify(execFile)('nsenter', [`--net=/run/netns/${namespace}`, ...nc]);
  asking.child.stdin?.end();
  return asking.then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}

/** The datagrams that come to a port, from now on. */
async function hearing(namespace: string, address: string, port: number): Promise<string[]> {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (text) => console.log(String(text)));
    socket.bind(${port}, '${address}', () => console.log('ready'));`;
  const args = [`--net=/run/netns/${namespace}`, process.execPath, '-e', script];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const lines: string[] = [];
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => lines.push(...text.trim().split('\n')));
  await until(() => lines.includes('ready'));
  lines.length = 0;
  return lines;
}

/** Sends a datagram, from the same port of the sender each time when one is given. */
function say(namespace: string, address: string, port: number, text: string, from = 0): void {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.bind(${from}, () => socket.send(${JSON.stringify(text)}, ${port}, '${address}', () => socket.close()));`;
  within(namespace, [process.execPath, '-e', script]);
}

async function until(found: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await found()) return;
    await sleep(25);
  }
  throw new Error('it did not come to that');
}

describeAsRoot('networks on a host', ['ip', 'nft', 'conntrack', 'busybox'], () => {
  let all: DesiredNetwork;
  const names: Record<string, string> = {};
  const state = () =>
    ['ip -o link', 'ip -o addr', 'nft list ruleset']
      .map((command) => within(host, command.split(' ')))
      .join('')
      .replaceAll(/ tentative|valid_lft \S+ preferred_lft \S+/g, '');
  let before = '';

  beforeAll(() => {
    for (const each of [host, lan]) {
      execFileSync('ip', ['netns', 'add', each]);
      within(each, ['ip', 'link', 'set', 'lo', 'up']);
    }
    within(host, ['ip', '-batch', '-'], `link add eth0 type veth peer name eth0 netns ${lan}\n`);
    for (const [each, n] of [
      [host, 1],
      [lan, 2],
    ] as const) {
      const lines = [
        `addr add 198.51.100.${n}/24 dev eth0`,
        `addr add fd51::${n}/64 dev eth0 nodad`,
        'link set eth0 up mtu 1400',
      ];
      within(each, ['ip', '-batch', '-'], lines.map((line) => `${line}\n`).join(''));
    }
    within(host, ['ip', 'route', 'add', 'default', 'via', '198.51.100.2']);
    before = state();
    const named = call(`return {
      bridges: ['a0', 'a1', 'a2'].map((name) => network.bridgeOf(name)),
      containers: ['web', 'peer', 'other', 'sealed'].map((name, n) => {
        const id = String(n).repeat(12);
        return [name, network.namespaceOf(id), network.linkOf(id, name)];
      }),
    }`) as { readonly bridges: string[]; readonly containers: [string, string, string][] };
    const placed = networks.map((each, n) => ({ ...each, bridge: named.bridges[n] ?? '' }));
    const places = [
      [0, 2],
      [0, 3],
      [1, 2],
      [2, 2],
    ] as const;
    const endpoints = named.containers.map(([name, namespace, link], n): Endpoint => {
      const [at, last] = places[n] ?? [0, 0];
      const { bridge = '', gateway = '', gateway6, internal } = placed[at] ?? {};
      names[name] = namespace;
      return {
        ...{
          namespace,
          link,
          bridge,
          device: 'eth0',
          hardwareAddress: `02:42:0a:09:0${at}:0${last}`,
        },
        addresses: [
          `10.9.${at}.${last}/24`,
          ...(gateway6 === undefined ? [] : [`fd09::${last}/64`]),
        ],
        gateways: internal === true ? [] : [gateway, ...(gateway6 === undefined ? [] : [gateway6])],
      };
    });
    const web = { protocol: 'tcp', address: '10.9.0.2', containerPort: 80 } as const;
    const other = { ...web, address: '10.9.1.2', address6: 'fd09::2' };
    all = {
      networks: placed,
      endpoints,
      keptNamespaces: new Set(),
      forwards: [
        { ...web, hostPort: 8080 },
        { ...web, hostPort: 8081, hostAddress: '127.0.0.1' },
        { ...other, hostPort: 8082 },
      ],
    };
    settle(all);
    for (const [name, namespace] of Object.entries(names)) listen(namespace, 80, name);
    listen(lan, 9000, 'lan');
    listen(host, 22, 'private');
  }, 60_000);

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    settle(nothing);
    for (const each of [host, lan]) execFileSync('ip', ['netns', 'del', each]);
  });

  const tableOfHost = () =>
    /table inet (\S+)/.exec(within(host, ['nft', 'list', 'tables']))?.[1] ?? '';
  const at = (name: string) => names[name] ?? '';

  it('leads published ports to containers, from everywhere that they are published', async () => {
    await until(async () => (await ask(host, '198.51.100.1', 8080)) === 'web');
    expect(await ask(lan, '198.51.100.1', 8080)).toBe('web');
    expect(await ask(host, '127.0.0.1', 8080)).toBe('web');
    expect(await ask(at('peer'), '198.51.100.1', 8080)).toBe('web');
    expect(await ask(at('other'), '198.51.100.1', 8080)).toBe('web');
    expect(await ask(at('web'), '198.51.100.1', 8080)).toBe('web');
    expect(await ask(host, '127.0.0.1', 8081)).toBe('web');
    expect(await ask(lan, '198.51.100.1', 8081)).toBe('');
  });

  it('leads IPv6 there as well, and refuses ::1 at once', async () => {
    await until(async () => (await ask(lan, 'fd51::1', 8082)) === 'other');
    expect(await ask(host, 'fd51::1', 8082)).toBe('other');
    const start = performance.now();
    expect(await ask(host, '::1', 8082)).toBe('');
    expect(performance.now() - start).toBeLessThan(900);
  });

  it('lets containers of one network talk, and out to the world', async () => {
    expect(await ask(at('peer'), '10.9.0.2', 80)).toBe('web');
    expect(await ask(at('peer'), '198.51.100.2', 9000)).toBe('lan');
    expect(await ask(at('other'), 'fd51::2', 9000)).toBe('lan');
  });

  /** Asked at once: nobody answers, and each waits as long as it will. */
  const unanswered = async (...asked: readonly (readonly [string, string, number])[]) =>
    expect(await Promise.all(asked.map((each) => ask(...each)))).toEqual(asked.map(() => ''));

  it('keeps networks from each other, and others from containers', async () => {
    within(lan, ['ip', 'route', 'add', '10.9.0.0/16', 'via', '198.51.100.1']);
    await unanswered(
      [at('other'), '10.9.0.2', 80],
      [at('peer'), '10.9.1.2', 80],
      [lan, '10.9.0.2', 80],
    );
  });

  it('keeps an internal network in, with what others publish, too', async () => {
    within(at('sealed'), ['ip', 'route', 'add', 'default', 'via', '10.9.2.1']);
    await unanswered(
      [at('sealed'), '198.51.100.2', 9000],
      [at('sealed'), '10.9.2.1', 8080],
      [at('sealed'), '10.9.0.2', 80],
    );
    expect(await ask(host, '10.9.2.2', 80)).toBe('sealed');
  });

  it("lets nobody reach the host's own 127.0.0.1, neither from outside nor from a container", async () => {
    for (const [namespace, via] of [
      [lan, '198.51.100.1'],
      [at('peer'), '10.9.0.1'],
    ] as const) {
      for (const own of ['127.0.0.0/8', '127.0.0.1']) {
        within(namespace, ['ip', 'route', 'del', 'table', 'local', own, 'dev', 'lo']);
      }
      within(namespace, ['ip', 'route', 'add', '127.0.0.1', 'via', via]);
      within(namespace, ['sysctl', '-qw', 'net.ipv4.conf.eth0.route_localnet=1']);
    }
    expect(await ask(host, '127.0.0.1', 22)).toBe('private');
    const everybody = [lan, at('peer')].map((each) => [each, '127.0.0.1', 22] as const);
    await unanswered(...everybody, [lan, '127.0.0.1', 8081], [at('peer'), '127.0.0.1', 8081]);
    const heard = await hearing(host, '127.0.0.1', 5000);
    say(lan, '127.0.0.1', 5000, 'from outside');
    say(at('peer'), '127.0.0.1', 5000, 'from a container');
    within(host, ['nft', 'flush', 'chain', 'inet', tableOfHost(), 'guard']);
    say(at('peer'), '127.0.0.1', 5000, 'without the guard');
    await until(() => heard.length > 0);
    expect(heard).toEqual(['without the guard']);
    settle(all);
  });

  it('leads datagrams on that came before their port was published', async () => {
    const heard = await hearing(at('web'), '10.9.0.2', 53);
    const from = (text: string) => say(lan, '198.51.100.1', 8053, text, 4000);
    from('too early');
    const udp = {
      protocol: 'udp',
      hostPort: 8053,
      address: '10.9.0.2',
      containerPort: 53,
    } as const;
    settle({ ...all, forwards: [...all.forwards, udp] });
    await until(() => {
      from('in time');
      return heard.length > 0;
    });
    expect(heard[0]).toBe('in time');
    settle(all);
  });

  it('is the same after doing it once more, and has the size of packets of the way out', () => {
    const once = state();
    settle(all);
    expect(state()).toBe(once);
    expect(within(at('web'), ['ip', 'link', 'show', 'eth0'])).toContain('mtu 1400');
  });

  it.each([
    ['all rules were flushed', 'nft flush ruleset'],
    ['its rules were flushed', 'nft flush table inet TABLE'],
    [
      'a published port is gone',
      'nft delete element inet TABLE published4 { tcp . 127.0.0.1 . 8081 }',
    ],
  ])('is mended when %s', async (_, command) => {
    const table = tableOfHost();
    const script = `
      await network.settle(desired(${inJson(all)}));
      const { execFileSync } = await import('node:child_process');
      const quiet = await network.mend(desired(${inJson(all)}));
      execFileSync('nft', [${JSON.stringify(command.replace('nft ', '').replace('TABLE', table))}]);
      return [quiet, await network.mend(desired(${inJson(all)}))];`;
    expect(call(script)).toEqual([false, true]);
    expect(await ask(host, '127.0.0.1', 8081)).toBe('web');
  });

  it('makes anew what was lost or left unfinished', async () => {
    const [web] = all.endpoints;
    within(host, ['ip', 'link', 'del', web?.bridge ?? '']);
    within(host, ['ip', 'link', 'set', all.endpoints[2]?.link ?? '', 'down']);
    settle(all);
    expect(await ask(lan, '198.51.100.1', 8080)).toBe('web');
    expect(await ask(at('peer'), '10.9.0.2', 80)).toBe('web');
    expect(await ask(lan, '198.51.100.1', 8082)).toBe('other');
  });

  it('leaves nothing, but for a namespace that may stay', () => {
    const kept = new Set([at('web')]);
    settle({ ...nothing, keptNamespaces: kept });
    expect(state()).toBe(before);
    const left = () => execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    expect(left()).toContain(at('web'));
    expect(left()).not.toContain(at('peer'));
    settle(nothing);
    expect(left()).not.toContain(at('web'));
    settle(nothing);
  });

  it('knows what the host has routes to', () => {
    const routes = call(`
      const { formatSubnet } = await import(${JSON.stringify(module.replace('host-network', 'address'))});
      return (await network.routes()).map(formatSubnet);`);
    expect(routes).toEqual(expect.arrayContaining(['198.51.100.0/24', 'fd51::/64']));
    expect(routes).not.toContain('10.9.0.0/24');
  });
});

describeAsRoot('networks beside Docker', ['ip', 'nft', 'busybox', 'dockerd'], () => {
  let folder = '';
  let dockerd: ChildProcess;
  const dockerHost = `slipway-test-${run}-docker`;
  const client = `slipway-test-${run}-client`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-test-docker-'));
    for (const each of [dockerHost, client]) {
      execFileSync('ip', ['netns', 'add', each]);
      within(each, ['ip', 'link', 'set', 'lo', 'up']);
    }
    within(
      dockerHost,
      ['ip', '-batch', '-'],
      `link add eth0 type veth peer name eth0 netns ${client}\n`,
    );
    for (const [each, n] of [
      [dockerHost, 1],
      [client, 2],
    ] as const) {
      const lines = `addr add 198.51.100.${n}/24 dev eth0\nlink set eth0 up\n`;
      within(each, ['ip', '-batch', '-'], lines);
    }
    // Docker drops what is forwarded when it was Docker that had the host forward at all.
    within(dockerHost, ['sysctl', '-qw', 'net.ipv4.ip_forward=0']);
    const paths = ['data-root', 'exec-root'].map((name) => `--${name}=${join(folder, name)}`);
    const socket = `--host=unix://${join(folder, 'docker.sock')}`;
    dockerd = spawn(
      'nsenter',
      [
        ...[`--net=/run/netns/${dockerHost}`, findTool('dockerd') ?? '', ...paths, socket],
        ...[`--pidfile=${join(folder, 'pid')}`, '--storage-driver=vfs'],
      ],
      { stdio: 'ignore' },
    );
    await until(() => /-P FORWARD DROP[^]*DOCKER-USER/.test(policy()));
  }, 60_000);

  afterAll(async () => {
    dockerd.kill('SIGTERM');
    await new Promise((resolve) => dockerd.on('exit', resolve));
    for (const child of children) child.kill('SIGKILL');
    for (const each of [dockerHost, client]) execFileSync('ip', ['netns', 'del', each]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const policy = () => {
    try {
      return within(dockerHost, ['iptables', '-w', '-S', 'FORWARD']);
    } catch {
      return '';
    }
  };

  it('get through its rules, and take theirs away again', async () => {
    const desired = (text: string) => `
      const bridge = network.bridgeOf('a');
      const endpoint = { namespace: network.namespaceOf('a'.repeat(12)), link: network.linkOf('a', 'a'), device: 'eth0',
        hardwareAddress: '02:42:0a:09:09:02', bridge, addresses: ['10.9.9.2/24'], gateways: ['10.9.9.1'] };
      const it = { networks: [{ bridge, subnet: '10.9.9.0/24', gateway: '10.9.9.1', internal: false }], endpoints: [endpoint],
        forwards: [{ protocol: 'tcp', hostPort: 8080, address: '10.9.9.2', containerPort: 80 }], keptNamespaces: new Set() };
      ${text}`;
    const inDocker = (text: string): unknown => {
      const script = `
        import { HostNetwork } from ${JSON.stringify(module)};
        const network = new HostNetwork('docker-${run}', false);
        console.log(JSON.stringify((await (async () => { ${desired(text)} })()) ?? null));`;
      const node = [process.execPath, '--input-type=module', '-e', script];
      return JSON.parse(within(dockerHost, node)) as unknown;
    };
    const chain = () => within(dockerHost, ['iptables', '-w', '-S', 'DOCKER-USER']);
    const before = chain();
    const namespace = inDocker('await network.settle(it); return endpoint.namespace;') as string;
    listen(namespace, 80, 'beside');
    await until(async () => (await ask(client, '198.51.100.1', 8080)) === 'beside');
    expect(chain()).not.toBe(before);
    inDocker('await network.settle({ ...it, networks: [], endpoints: [], forwards: [] });');
    expect(chain()).toBe(before);
  });
});
