import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { findProgram, runProgram } from '../host-programs.ts';
import { parseSubnet, type Subnet } from './address.ts';
import { dockerUserLines } from './docker-user.ts';
import {
  bridgeLines,
  type DesiredLinks,
  type Endpoint,
  type FoundLinks,
  insideLines,
  linkChanges,
  pairLines,
  plugLines,
} from './links.ts';
import { type BridgedNetwork, type Forward, ruleset } from './ruleset.ts';

export interface DesiredNetwork extends DesiredLinks {
  readonly forwards: readonly Forward[];
}

const NAMESPACES = '/run/netns';
const MTU = 1500;

/**
 * Brings the host's bridges, pairs of devices, namespaces and rules to what they should be, from wherever they are.
 * Everything of ours is known by its name, which follows from `owner`: two agents on one host do not touch each
 * other's.
 */
export class HostNetwork {
  readonly #tag: string;
  readonly #table: string;
  /** As nft lists what was last set. */
  #rules: string | undefined;
  /** Ports of the host that lead datagrams on, by all that is known of each. */
  #udp: ReadonlyMap<string, number> = new Map();

  /** `main` is the one whose names are plain. */
  constructor(owner: string, main: boolean) {
    this.#tag = main ? '00000' : digestOf(owner, 5);
    this.#table = main ? 'slipway' : `slipway_${this.#tag}`;
  }

  namespaceOf(container: string): string {
    return `${this.#table}-${container.slice(0, 12)}`;
  }

  namespacePath(container: string): string {
    return `${NAMESPACES}/${this.namespaceOf(container)}`;
  }

  linkOf(container: string, network: string): string {
    return `sv${this.#tag}${digestOf(`${container} ${network}`, 8)}`;
  }

  bridgeOf(network: string): string {
    return this.#tag === '00000' && network === 'slipway'
      ? 'slipway0'
      : `sb${this.#tag}${digestOf(network, 8)}`;
  }

  /** What the host has routes to, where no other network can be put. */
  async routes(): Promise<readonly Subnet[]> {
    const lines = await Promise.all(
      ['-4', '-6'].map(async (family) => {
        // A kernel without IPv6 refuses to be asked.
        const args = [family, '-oneline', 'route', 'show'];
        const { stdout } = await runProgram('ip', args, { allowed: [1, 2] });
        return stdout.split('\n');
      }),
    );
    const routes = lines.flat().flatMap((line) => {
      const to = line.split(' ').find((word) => /^[\da-f.:]+(\/\d+)?$/i.test(word)) ?? '';
      const bits = to.includes(':') ? 128 : 32;
      return parseSubnet(to.includes('/') ? to : `${to}/${bits}`) ?? [];
    });
    // 0.0.0.0/1 and the like are how a tunnel says: everything.
    return routes.filter(({ prefix }) => prefix >= 8);
  }

  async settle(desired: DesiredNetwork): Promise<void> {
    const nothing = desired.networks.length === 0 && desired.endpoints.length === 0;
    if (nothing && (await findProgram('nft')) === undefined) return;
    const changes = linkChanges(desired, await this.#found());
    await ip(changes.removedLinks.map((name) => `link del ${name}`));
    for (const name of changes.removedNamespaces) await runProgram('ip', ['netns', 'del', name]);
    for (const { network, isThere } of changes.networks) {
      await ip(bridgeLines(network, isThere));
      await letPublishOnLoopback(network);
    }
    await this.#setRules(desired);
    if (desired.networks.some(({ internal }) => !internal)) await letForward(desired.networks);
    for (const name of changes.addedNamespaces) await runProgram('ip', ['netns', 'add', name]);
    if (changes.endpoints.length === 0) return;
    const mtu = await mtuOfHost();
    for (const endpoint of changes.endpoints) {
      await ip(pairLines(endpoint, mtu));
      await ip(insideLines(endpoint), endpoint.namespace);
      await ip(plugLines(endpoint));
    }
  }

  /** Leads out by this endpoint, whatever did so before. */
  async leadOut({ namespace, device, gateways }: Endpoint): Promise<void> {
    const lines = gateways.map((gateway) => `route replace default via ${gateway} dev ${device}`);
    await ip(lines, namespace);
  }

  /** Sets the rules again when something else has changed or removed them. */
  async mend(desired: DesiredNetwork): Promise<boolean> {
    const { networks } = desired;
    if (networks.some(({ internal }) => !internal)) await letForward(networks);
    if (networks.length === 0) return false;
    if ((await this.#listRules()) === this.#rules) return this.#letThroughDocker(networks);
    await this.#setRules(desired);
    return true;
  }

  async #setRules({ networks, forwards }: DesiredNetwork): Promise<void> {
    if (networks.length === 0) {
      if ((await this.#listRules()) !== undefined) {
        await runProgram('nft', ['delete', 'table', 'inet', this.#table]);
      }
      this.#rules = undefined;
    } else {
      const input = ruleset(this.#table, networks, forwards);
      await runProgram('nft', ['-f', '-'], { input });
      this.#rules = await this.#listRules();
    }
    await this.#forgetFlows(forwards);
    await this.#letThroughDocker(networks);
  }

  async #listRules(): Promise<string | undefined> {
    const args = ['list', 'table', 'inet', this.#table];
    const { status, stdout } = await runProgram('nft', args, { allowed: [1] });
    return status === 0 ? stdout : undefined;
  }

  /** Docker drops what is forwarded and not its own; in the chain that it keeps for others, others say what is theirs. */
  async #letThroughDocker(networks: readonly BridgedNetwork[]): Promise<boolean> {
    let changed = false;
    for (const program of ['iptables', 'ip6tables']) {
      if ((await findProgram(program)) === undefined) continue;
      const list = ['-w', '-S', 'DOCKER-USER'];
      const { status, stdout } = await runProgram(program, list, { allowed: [1, 2, 3, 4] });
      if (status !== 0) continue;
      for (const args of dockerUserLines(this.#table, networks, stdout)) {
        await runProgram(program, ['-w', ...args]);
        changed = true;
      }
    }
    return changed;
  }

  /** A flow keeps to where its first datagram was led; where that has changed, it begins anew. */
  async #forgetFlows(forwards: readonly Forward[]): Promise<void> {
    const udp = new Map(
      forwards
        .filter(({ protocol }) => protocol === 'udp')
        .map((forward) => [JSON.stringify(forward), forward.hostPort]),
    );
    const before = this.#udp;
    this.#udp = udp;
    const changed = [...udp, ...before].filter(([key]) => udp.has(key) !== before.has(key));
    if (changed.length === 0 || (await findProgram('conntrack')) === undefined) return;
    for (const port of new Set(changed.map(([, hostPort]) => hostPort))) {
      const args = ['-D', '-p', 'udp', '--orig-port-dst', String(port)];
      await runProgram('conntrack', args, { allowed: [1] });
    }
  }

  async #found(): Promise<FoundLinks> {
    const { stdout } = await runProgram('ip', ['-oneline', 'link', 'show']);
    const links = stdout.split('\n').flatMap((line) => {
      const [, name = '', flags = ''] = /^\d+: ([^:@ ]+)(?:@\S+)?: <([^>]*)>/.exec(line) ?? [];
      const bridge = / master (\S+)/.exec(line)?.[1];
      return this.#isOurs(name) ? [{ name, up: flags.split(',').includes('UP'), bridge }] : [];
    });
    const names = await readdir(NAMESPACES).catch(() => []);
    const ours = new RegExp(`^${this.#table}-[0-9a-f]{12}$`);
    return { links, namespaces: names.filter((name) => ours.test(name)) };
  }

  #isOurs(name: string): boolean {
    return (
      name === this.bridgeOf('slipway') || new RegExp(`^s[bv]${this.#tag}[0-9a-f]{8}$`).test(name)
    );
  }
}

async function ip(lines: readonly string[], namespace?: string): Promise<void> {
  if (lines.length === 0) return;
  const input = lines.map((line) => `${line}\n`).join('');
  await runProgram('ip', [...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], {
    input,
  });
}

/** Routes what the host sends from 127.0.0.1, which `guard` in the rules makes safe; takes no router's word. */
async function letPublishOnLoopback({ bridge }: BridgedNetwork): Promise<void> {
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1');
  await writeFile(`/proc/sys/net/ipv6/conf/${bridge}/accept_ra`, '0').catch(() => undefined);
}

async function letForward(networks: readonly BridgedNetwork[]): Promise<void> {
  await turnOn('/proc/sys/net/ipv4/ip_forward');
  if (!networks.some(({ subnet6 }) => subnet6 !== undefined)) return;
  const forwarding = '/proc/sys/net/ipv6/conf/all/forwarding';
  if ((await readFile(forwarding, 'utf8')).trim() !== '0') return;
  // A host that forwards hears no router any more, from which it may have its own default route (2: hear it still).
  const folder = '/proc/sys/net/ipv6/conf';
  for (const device of await readdir(folder)) {
    const file = `${folder}/${device}/accept_ra`;
    if ((await readFile(file, 'utf8')).trim() === '1') await writeFile(file, '2');
  }
  await turnOn(forwarding);
}

async function turnOn(file: string): Promise<void> {
  if ((await readFile(file, 'utf8')).trim() === '0') await writeFile(file, '1');
}

/** That of the device that leads out: larger packets would not get through it. */
async function mtuOfHost(): Promise<number> {
  const { stdout: route } = await runProgram('ip', ['-oneline', 'route', 'show', 'default']);
  const device = / dev (\S+)/.exec(route)?.[1];
  if (device === undefined) return MTU;
  const { stdout: link } = await runProgram('ip', ['-oneline', 'link', 'show', 'dev', device]);
  return Number(/ mtu (\d+)/.exec(link)?.[1] ?? MTU);
}

const digestOf = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);
