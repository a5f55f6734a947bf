import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTree } from '@slipway/runtime';
import { z } from 'zod';
import { AgentError } from './errors.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { readState, writeState } from './state-file.ts';

const volumeRecord = z.object({
  name: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Made for one container, which nobody named it for. */
  anonymous: z.boolean(),
  /** Whether it was ever mounted: before, it is filled with what the image has in its place. */
  used: z.boolean(),
});

export type VolumeRecord = z.infer<typeof volumeRecord>;

/**
 * Folders that outlive containers.
 *
 *     <root>/volumes/<name>/
 *       volume.json   VolumeRecord
 *       data          what containers see
 *       filling       a copy of what the image has, until it is whole and becomes `data`
 */
export class Volumes {
  readonly #folder: string;
  readonly #records = new Map<string, VolumeRecord>();
  readonly #turns = new OneAtATime();

  private constructor(root: string) {
    this.#folder = join(root, 'volumes');
  }

  static async open(root: string): Promise<Volumes> {
    const volumes = new Volumes(root);
    await mkdir(volumes.#folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(volumes.#folder)) {
      const record = await readState(volumes.#file(name, 'volume.json'), volumeRecord);
      if (record === undefined) await volumes.#discard(name);
      else volumes.#records.set(name, record);
    }
    return volumes;
  }

  list(): readonly VolumeRecord[] {
    return [...this.#records.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  find(name: string): VolumeRecord {
    const record = this.#records.get(name);
    if (record !== undefined) return record;
    throw new AgentError('not-found', `there is no volume ${name}`);
  }

  /** Where its files are on the host. */
  mountpoint(name: string): string {
    return this.#file(name, 'data');
  }

  /** One that is there stays as it is; without a name a new one is made. */
  async create(
    name: string | undefined,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<VolumeRecord> {
    const chosen = name ?? randomBytes(32).toString('hex');
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/.test(chosen)) {
      throw new AgentError('invalid', `${JSON.stringify(chosen)} cannot be a volume's name`);
    }
    return this.#turns.run(chosen, async () => {
      const present = this.#records.get(chosen);
      if (present !== undefined) return present;
      const record = {
        name: chosen,
        created: new Date().toISOString(),
        labels,
        anonymous: name === undefined,
        used: false,
      };
      await mkdir(this.#file(chosen, 'data'), { recursive: true, mode: 0o755 });
      await this.#save(record);
      return record;
    });
  }

  /**
   * Where it is, for a container about to start; at its first use filled with what `rootfs` has at `destination`.
   * Nobody but the host's own people can have written to it before that, and what they did is kept.
   */
  async use(
    name: string,
    copy: { readonly rootfs: string; readonly destination: string } | undefined,
  ): Promise<string> {
    await this.create(name);
    return this.#turns.run(name, async () => {
      const record = this.find(name);
      const data = this.mountpoint(name);
      if (record.used) return data;
      if (copy !== undefined && (await readdir(data)).length === 0) {
        const filling = this.#file(name, 'filling');
        await rm(filling, { recursive: true, force: true });
        if (await copyTree(copy.rootfs, copy.destination, filling)) {
          await rmdir(data);
          await rename(filling, data);
        }
      }
      await this.#save({ ...record, used: true });
      return data;
    });
  }

  /** No error when it is gone already. */
  async remove(name: string): Promise<void> {
    await this.#turns.run(name, async () => {
      if (!this.#records.has(name)) return;
      // Without its record it is nothing, also when a crash leaves the rest.
      await rm(this.#file(name, 'volume.json'));
      this.#records.delete(name);
      await this.#discard(name);
    });
  }

  async #save(record: VolumeRecord): Promise<void> {
    await writeState(this.#file(record.name, 'volume.json'), record);
    this.#records.set(record.name, record);
  }

  async #discard(name: string): Promise<void> {
    await rm(this.#file(name), { recursive: true, force: true });
  }

  #file(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }
}
