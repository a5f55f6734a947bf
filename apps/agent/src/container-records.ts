import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainerRecord, containerRecord } from './container-record.ts';
import { AgentError } from './errors.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { readState, writeState } from './state-file.ts';

/** What is written down of containers: `containers/<id>/container.json`, all of it in memory too. */
export class ContainerRecords {
  readonly #folder: string;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #writes = new OneAtATime();

  constructor(root: string) {
    this.#folder = join(root, 'containers');
  }

  /** Reads what is there; returns the ids of folders that have no record. */
  async load(): Promise<readonly string[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const nameless: string[] = [];
    for (const id of await readdir(this.#folder)) {
      const record = await readState(this.file(id, 'container.json'), containerRecord);
      if (record === undefined) nameless.push(id);
      else this.#records.set(id, record);
    }
    return nameless;
  }

  /** The youngest first. */
  list(): readonly ContainerRecord[] {
    return [...this.#records.values()].sort((a, b) => b.created.localeCompare(a.created));
  }

  get(id: string): ContainerRecord | undefined {
    return this.#records.get(id);
  }

  /** By name, by id, or by the first digits of an id. */
  find(text: string): ContainerRecord {
    const all = this.list();
    const named = all.find(({ id, name }) => name === text || id === text);
    if (named !== undefined) return named;
    const byPrefix = text.length < 2 ? [] : all.filter(({ id }) => id.startsWith(text));
    if (byPrefix.length === 1 && byPrefix[0] !== undefined) return byPrefix[0];
    throw new AgentError(
      'not-found',
      byPrefix.length > 1
        ? `several containers begin with ${text}`
        : `there is no container ${text}`,
    );
  }

  /** A new one, whose name is taken from here on. */
  async add(record: ContainerRecord): Promise<void> {
    this.#records.set(record.id, record);
    await mkdir(this.file(record.id), { mode: 0o700 });
    await this.change(record.id, (same) => same);
  }

  /** Counts at once, and is on the disk when this resolves; nothing for one that is gone. */
  async change(
    id: string,
    change: (record: ContainerRecord) => ContainerRecord,
  ): Promise<ContainerRecord | undefined> {
    const before = this.#records.get(id);
    if (before === undefined) return undefined;
    const after = change(before);
    this.#records.set(id, after);
    await this.#writes.run(id, async () => {
      const newest = this.#records.get(id);
      if (newest !== undefined) await writeState(this.file(id, 'container.json'), newest);
    });
    return after;
  }

  /** Forgets it, with its folder. */
  async remove(id: string): Promise<void> {
    await this.#writes.run(id, async () => {
      await rm(this.file(id), { recursive: true, force: true });
      this.#records.delete(id);
    });
  }

  freeName(wanted: string | undefined, id: string): string {
    if (wanted === undefined) return id.slice(0, 12);
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(wanted)) {
      throw new AgentError('invalid', `${JSON.stringify(wanted)} cannot be a container's name`);
    }
    const taken = this.list().find(({ name }) => name === wanted);
    if (taken === undefined) return wanted;
    throw new AgentError(
      'conflict',
      `the name ${wanted} is taken by ${taken.id.slice(0, 12)}: slipway rm ${wanted}`,
    );
  }

  file(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }
}
