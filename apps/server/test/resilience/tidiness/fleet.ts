import { Agent } from 'node:http';
import { symlink, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSlipway, type Slipway } from '../../slipway.ts';
import type { Random } from '../random.ts';
import { send, type Answer, type RequestOptions } from '../wire.ts';

/** The answer, and whether the same was asked before and maybe done, without an answer. */
export interface Told extends Answer {
  readonly again: boolean;
}

/** A statement that a killed server has sent may still be done; longer than any takes. */
const ECHO = 500;
const GIVE_UP = 60_000;

/** Replicas over one database and one store. Who asks, asks any of them, and another when that one is killed. */
export class Fleet {
  readonly #servers: Slipway[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #down: number | undefined;
  /** Requests that were answered. */
  asked = 0;
  kills = 0;

  private constructor(servers: Slipway[]) {
    this.#servers = servers;
  }

  /** Replicas whose blobs, where they are on a disk, are in one folder. */
  static async start(
    count: number,
    folder: string,
    env: Readonly<Record<string, string>>,
  ): Promise<Fleet> {
    await mkdir(join(folder, 'blobs'), { recursive: true });
    const servers: Slipway[] = [];
    for (let n = 0; n < count; n++) {
      const dataDir = join(folder, `replica-${n}`);
      await mkdir(dataDir);
      await symlink(join(folder, 'blobs'), join(dataDir, 'blobs'));
      servers.push(
        await startSlipway({
          dataDir,
          env: { ...env, SLIPWAY_ADMIN_PASSWORD: 'one-for-all-of-them' },
        }),
      );
    }
    return new Fleet(servers);
  }

  async ask(
    random: Random,
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<Told> {
    const giveUp = Date.now() + GIVE_UP;
    for (let again = false; ; again = true) {
      const up = this.#servers.filter((_, index) => index !== this.#down);
      const { url } = random.pick(up);
      const peer = { url, username: 'admin', password: 'one-for-all-of-them' };
      try {
        const answer = await send(peer, method, path, { agent: this.#agent, ...options });
        if (![502, 503].includes(answer.status)) {
          this.asked++;
          return { ...answer, again };
        }
      } catch (error) {
        if (Date.now() > giveUp) throw error;
      }
      if (Date.now() > giveUp) throw new Error(`${method} ${path}: no replica answers`);
      await sleep(ECHO);
    }
  }

  /** Kills one replica, and starts it again a little later. */
  async killOne(random: Random): Promise<void> {
    const index = random.integer(this.#servers.length);
    this.#down = index;
    await this.#servers[index]?.kill9();
    this.kills++;
    await sleep(random.integer(500));
    await this.#servers[index]?.restart();
    this.#down = undefined;
  }

  /** What the servers say of their faults, the last of it. */
  faults(): string {
    const lines = this.#servers.flatMap((server) => server.log().split('\n'));
    return lines
      .filter((line) => /"level":(50|60|"error"|"fatal")/.test(line))
      .slice(-20)
      .join('\n');
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
