import { writeFile } from 'node:fs/promises';
import type { ContainerSpec } from '@slipway/runtime';
import { type ContainerRecord, type ContainerWish, isUp } from './container-record.ts';
import type { ContainerRecords } from './container-records.ts';
import { AgentError } from './errors.ts';
import { hostFile } from './images.ts';
import { checkedMembership, membershipsOf, networkModeOf } from './network-mode.ts';
import type { AttachedEndpoint, Membership } from './network-record.ts';
import type { Networks } from './networks.ts';

/**
 * What containers have of networks: they enter them before they start and leave them when they have ended and are not
 * started again. It is written down before the kernel has any of it.
 */
export class Connections {
  readonly #records: ContainerRecords;
  readonly #networks: Networks;

  constructor(records: ContainerRecords, networks: Networks) {
    this.#records = records;
    this.#networks = networks;
  }

  /** What a new container is to be in; another one, whose network it has, by its id, which no other name changes. */
  async planned(wish: ContainerWish): Promise<Pick<ContainerRecord, 'wish' | 'memberships'>> {
    await this.#networks.exclusively(() => this.#networks.ensureDefault(wish.networks));
    const memberships = [...membershipsOf(wish, (name) => this.#networks.find(name))];
    const mode = networkModeOf(wish);
    if (mode.kind !== 'container') return { wish, memberships };
    const { id } = this.#records.find(mode.container);
    return { wish: { ...wish, networks: [`container:${id}`] }, memberships };
  }

  /**
   * Gives it addresses and ports, those it has already when it is started again, and writes its files of names;
   * returns whose network it has.
   */
  async enter(id: string, exposed: readonly string[]): Promise<ContainerSpec['network']> {
    return this.#networks.exclusively(async () => {
      await this.#join(this.#records.find(id), exposed);
      const record = this.#records.find(id);
      for (const [name, text] of Object.entries(await this.#filesOf(record))) {
        await writeFile(this.#records.file(id, name), text, { mode: 0o644 });
      }
      return this.#networkOf(record);
    });
  }

  /** Brings the kernel and others' files of names to what is written down after this one has changed. */
  async settle(changed: ContainerRecord | undefined): Promise<void> {
    if (changed !== undefined && changed.memberships.length > 0) await this.settleAll();
  }

  /** What cannot be done now is tried again by `mend`; no container waits for that. */
  async settleAll(): Promise<void> {
    await this.#networks
      .exclusively(() => this.#networks.settle(this.#records.list()))
      .catch((error: unknown) => {
        process.stderr.write(`slipway: networks could not be settled: ${String(error)}\n`);
      });
  }

  /** Does again what something else undid. */
  async mend(): Promise<boolean> {
    return this.#networks.exclusively(() => this.#networks.mend(this.#records.list()));
  }

  /** Has a container in a network more, at once when it runs. */
  async connect(id: string, wanted: Membership): Promise<void> {
    await this.#change(id, (record) => {
      const { name: network } = this.#networks.find(wanted.network);
      const { memberships, attachment } = record;
      if (networkModeOf(record.wish).kind !== 'networks') {
        const [mode = ''] = record.wish.networks;
        throw new AgentError('invalid', `${record.name} has --network ${mode}, and no other`);
      }
      if (memberships.some((each) => each.network === network)) {
        throw new AgentError('conflict', `${record.name} is in the network ${network} already`);
      }
      const find = (name: string) => this.#networks.find(name);
      const membership = checkedMembership({ ...wanted, network }, find);
      const others = this.#records.list().filter((other) => other.id !== id);
      const endpoint = () =>
        this.#networks.planEndpoint(membership, freeDevice(attachment?.endpoints ?? []), others);
      return {
        ...record,
        memberships: [...memberships, membership],
        attachment: attachment && {
          ...attachment,
          endpoints: [...attachment.endpoints, endpoint()],
        },
      };
    });
  }

  async disconnect(id: string, text: string): Promise<void> {
    await this.#change(id, (record) => {
      const { name: network } = this.#networks.find(text);
      const { memberships, attachment } = record;
      const isOther = (each: { readonly network: string }) => each.network !== network;
      const left = memberships.filter(isOther);
      if (left.length === memberships.length) {
        throw new AgentError('not-found', `${record.name} is not in the network ${network}`);
      }
      if (left.length === 0) {
        throw new AgentError(
          'conflict',
          `${record.name} is in no other network: slipway network connect one first`,
        );
      }
      return {
        ...record,
        memberships: left,
        attachment: attachment && {
          ...attachment,
          endpoints: attachment.endpoints.filter(isOther),
        },
      };
    });
  }

  /** Whether its traffic is the host's. */
  isOnHost({ wish }: ContainerRecord): boolean {
    const mode = networkModeOf(wish);
    if (mode.kind !== 'container') return mode.kind === 'host';
    const other = this.#records.get(mode.container);
    return other !== undefined && this.isOnHost(other);
  }

  async #change(id: string, change: (record: ContainerRecord) => ContainerRecord): Promise<void> {
    await this.#networks.exclusively(async () => {
      const changed = await this.#records.change(id, change);
      if (changed?.attachment === undefined) return;
      await this.#networks.settle(this.#records.list());
      await this.#networks.leadOut(id, this.#records.list());
    });
  }

  async #join(record: ContainerRecord, exposed: readonly string[]): Promise<void> {
    if (record.memberships.length === 0) return;
    const attachment =
      record.attachment ?? (await this.#networks.plan(record, exposed, this.#records.list()));
    await this.#records.change(record.id, (same) => ({ ...same, attachment }));
    await this.#networks.settle(this.#records.list());
  }

  /** Who shares a network has its names, too. */
  async #filesOf(record: ContainerRecord) {
    const mode = networkModeOf(record.wish);
    if (mode.kind !== 'container') return this.#networks.filesOf(record, this.#records.list());
    const { id } = this.#sharedWith(mode.container);
    return {
      hosts: await hostFile(this.#records.file(id, 'hosts')),
      'resolv.conf': await hostFile(this.#records.file(id, 'resolv.conf')),
    };
  }

  #networkOf(record: ContainerRecord): ContainerSpec['network'] {
    const mode = networkModeOf(record.wish);
    if (mode.kind === 'networks') return { path: this.#networks.host.namespacePath(record.id) };
    if (mode.kind !== 'container') return mode.kind;
    const other = this.#sharedWith(mode.container);
    return this.isOnHost(other) ? 'host' : { path: `/proc/${other.process.pid}/ns/net` };
  }

  #sharedWith(container: string) {
    const other = this.#records.find(container);
    if (other.process !== undefined && isUp(other)) return { ...other, process: other.process };
    throw new AgentError('not-running', `${other.name}, whose network it has, does not run`);
  }
}

function freeDevice(endpoints: readonly AttachedEndpoint[]): string {
  const taken = new Set(endpoints.map(({ device }) => device));
  for (let n = 0; ; n++) if (!taken.has(`eth${n}`)) return `eth${n}`;
}
