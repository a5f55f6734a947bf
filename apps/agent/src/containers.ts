import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMonitored,
  identify,
  isAlive,
  type OciRuntime,
  parseSignal,
  type PipedProgram,
  removeRootfs,
  RuntimeError,
  unmountRootfs,
} from '@slipway/runtime';
import {
  type ContainerRecord,
  containerRecord,
  type ContainerWish,
  stateOf,
} from './container-record.ts';
import { AgentError } from './errors.ts';
import { followLog } from './follow-log.ts';
import { configOf, type Images, type LocalImage } from './images.ts';
import {
  checkWish,
  execProcess,
  type ExecWish,
  prepareContainer,
  type Site,
  volumesFor,
} from './prepare-container.ts';
import { readState, writeState } from './state-file.ts';

/** conmon writes the exit code a moment after the process is gone. */
const EXIT_GRACE = 3000;
const LOOK_AGAIN = 100;

interface Running {
  /** Resolves when the container has ended and that is written down. */
  readonly over: Promise<void>;
}

/**
 * The containers of this host.
 *
 *     <root>/containers/<id>/
 *       container.json   ContainerRecord
 *       config.json      what the runtime was given; spec.json what it was made of
 *       hosts hostname resolv.conf
 *       log  exit/<id>  oom  pid  conmon.pid       conmon's
 *       u w m            overlayfs's
 *
 * All that is known of a container is on the disk and in the kernel: an agent that starts reads both, goes on
 * watching what runs, and clears away what another one did not come to finish.
 */
export class Containers {
  readonly #folder: string;
  readonly #images: Images;
  readonly #runtime: OciRuntime;
  readonly #site: Site;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #running = new Map<string, Running>();

  constructor(root: string, images: Images, runtime: OciRuntime, site: Site) {
    this.#folder = join(root, 'containers');
    this.#images = images;
    this.#runtime = runtime;
    this.#site = site;
  }

  async adopt(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const id of await readdir(this.#folder)) {
      const record = await readState(this.#file(id, 'container.json'), containerRecord);
      if (record === undefined) await this.#clear(id);
      else this.#records.set(id, record);
    }
    for (const record of this.list()) {
      const { id, removing } = record;
      if (removing !== undefined) {
        await this.#remove(id, removing.volumes);
      } else if (stateOf(record) === 'running' && !(await this.#runtime.isOnlyCreated(id))) {
        this.#watch(record);
      } else {
        await this.#release(id);
        if (stateOf(record) === 'running') await this.#save(notStarted(record));
      }
    }
  }

  list(): readonly ContainerRecord[] {
    return [...this.#records.values()].sort((a, b) => b.created.localeCompare(a.created));
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

  /** The layers that containers stand on, which no image may take along. */
  layersInUse(): ReadonlySet<number> {
    return new Set(this.list().flatMap(({ layers }) => layers));
  }

  async create(wish: ContainerWish, image: LocalImage): Promise<ContainerRecord> {
    const layers = this.#images.layersOf(image);
    if (layers === undefined) {
      throw new AgentError('not-found', `layers of ${wish.image} are missing: pull it again`);
    }
    const id = randomBytes(32).toString('hex');
    const name = this.#freeName(wish.name, id);
    const config = configOf(image);
    const record: ContainerRecord = {
      id,
      name,
      image: wish.image,
      imageDigest: image.digest,
      layers: layers.map(({ number }) => number),
      created: new Date().toISOString(),
      labels: { ...config.labels, ...wish.labels },
      wish,
      volumes: [],
    };
    checkWish(wish, config, this.#site.host);
    // From here on the name is taken.
    this.#records.set(id, record);
    try {
      await mkdir(this.#file(id), { mode: 0o700 });
      const volumes = await volumesFor(wish, config, this.#site.volumes);
      await this.#save({ ...record, volumes });
    } catch (error) {
      await this.#remove(id, true);
      throw error;
    }
    return record;
  }

  async start(id: string, image: LocalImage): Promise<void> {
    const record = this.find(id);
    if (stateOf(record) === 'running') return;
    const fresh = notStarted(record);
    await rm(this.#file(id, 'exit'), { recursive: true, force: true });
    await rm(this.#file(id, 'oom'), { force: true });
    try {
      await prepareContainer(fresh, image, this.#file(id), this.#site);
      const pid = await createMonitored(this.#runtime, {
        id,
        name: record.name,
        bundle: this.#file(id),
        folder: this.#file(id),
      });
      const process = await identify(pid);
      if (process === undefined) {
        throw new RuntimeError('host-program-failed', 'the container ended before it was started');
      }
      const running = { ...fresh, process, started: new Date().toISOString() };
      await this.#save(running);
      await this.#runtime.start(id);
      this.#watch(running);
    } catch (error) {
      await this.#release(id);
      await this.#save(fresh);
      throw error;
    }
  }

  /** The exit code, once there is one; `undefined` in the code when nobody saw it. */
  async wait(id: string, signal?: AbortSignal): Promise<ContainerRecord['ended']> {
    const { over = Promise.resolve() } = this.#running.get(id) ?? {};
    signal?.throwIfAborted();
    await Promise.race([
      over,
      ...(signal ? [new Promise((resolve) => signal.addEventListener('abort', resolve))] : []),
    ]);
    signal?.throwIfAborted();
    return this.#records.get(id)?.ended ?? this.#lastEnds.get(id);
  }

  /** How containers ended that were removed right after. */
  readonly #lastEnds = new Map<string, ContainerRecord['ended']>();

  async kill(id: string, signalText: string): Promise<void> {
    const record = this.find(id);
    const signal = parseSignal(signalText);
    if (signal === undefined) throw new AgentError('invalid', `${signalText} is not a signal`);
    if (stateOf(record) !== 'running') {
      throw new AgentError('not-running', `${record.name} does not run`);
    }
    await this.#runtime.kill(id, signal);
  }

  /** Asks it to end, and ends it when it does not in time. */
  async stop(id: string, image: LocalImage | undefined, timeout?: number): Promise<void> {
    const record = this.find(id);
    if (stateOf(record) !== 'running') return;
    const { wish } = record;
    const named = wish.stopSignal ?? (image && configOf(image).stopSignal) ?? 'SIGTERM';
    await this.#runtime.kill(id, parseSignal(named) ?? 15);
    const stop = AbortSignal.timeout((timeout ?? wish.stopTimeout) * 1000);
    try {
      await this.wait(id, stop);
    } catch (error) {
      if (!stop.aborted) throw error;
      await this.#runtime.kill(id, 9, true);
      await this.wait(id);
    }
  }

  /** `volumes`: also those that were made for it alone. */
  async remove(
    id: string,
    { force, volumes }: { readonly force: boolean; readonly volumes: boolean },
  ): Promise<void> {
    const record = this.find(id);
    if (stateOf(record) === 'running') {
      if (!force) {
        throw new AgentError(
          'conflict',
          `${record.name} runs: stop it first, or remove it with -f`,
        );
      }
      await this.#runtime.kill(id, 9, true);
      await this.wait(id);
    }
    await this.#remove(id, volumes);
  }

  log(id: string, follow: boolean, signal: AbortSignal) {
    const isOver = () => !follow || !this.#running.has(id);
    return followLog(this.#file(id, 'log'), isOver, signal);
  }

  /** What a container prints from the start that is to come on, to the end, whatever becomes of it then. */
  async logOfStart(id: string, started: () => boolean, signal: AbortSignal) {
    const path = this.#file(id, 'log');
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    return followLog(path, () => started() && !this.#running.has(id), signal, size);
  }

  /** Another program in a container that runs, with no more rights than its first. */
  async exec(id: string, wish: ExecWish): Promise<PipedProgram> {
    const record = this.find(id);
    if (stateOf(record) !== 'running') {
      throw new AgentError('not-running', `${record.name} does not run`);
    }
    const process = await execProcess(this.#file(id), wish, this.#site.host);
    const file = this.#file(id, `exec-${randomBytes(6).toString('hex')}.json`);
    await writeFile(file, JSON.stringify(process), { mode: 0o600 });
    const program = this.#runtime.exec(id, file);
    const remove = () => void rm(file, { force: true }).catch(() => undefined);
    program.status.then(remove, remove);
    return program;
  }

  #watch(record: ContainerRecord): void {
    const { id, process } = record;
    if (process === undefined) return;
    const over = (async () => {
      const exit = this.#file(id, 'exit', id);
      for (let gone = 0; gone * LOOK_AGAIN < EXIT_GRACE;) {
        if (await isThere(exit)) break;
        if (!(await isAlive(process))) gone++;
        await sleep(gone > 0 ? LOOK_AGAIN / 5 : LOOK_AGAIN);
      }
      const code = await readFile(exit, 'utf8').catch(() => '');
      const ended = {
        at: new Date().toISOString(),
        ...(/^\d+$/.test(code.trim()) && { code: Number(code) }),
        outOfMemory: await isThere(this.#file(id, 'oom')),
      };
      await this.#release(id);
      if (record.wish.remove) {
        this.#lastEnds.set(id, ended);
        setTimeout(() => this.#lastEnds.delete(id), 60_000).unref();
        await this.#remove(id, true);
      } else {
        await this.#save({ ...record, ended });
      }
    })().finally(() => this.#running.delete(id));
    over.catch(() => undefined);
    this.#running.set(id, { over });
  }

  /** Undoes what the kernel and the runtime have of a container, not what it wrote. */
  async #release(id: string): Promise<void> {
    await this.#runtime.delete(id);
    await unmountRootfs(this.#file(id));
  }

  async #remove(id: string, withVolumes: boolean): Promise<void> {
    const record = this.#records.get(id);
    if (record === undefined) return;
    await this.#save({ ...record, removing: { volumes: withVolumes } });
    if (withVolumes) await this.#removeVolumesOf(record);
    await this.#clear(id);
    this.#records.delete(id);
  }

  /** Those that nobody named, and that no other container has. */
  async #removeVolumesOf(record: ContainerRecord): Promise<void> {
    const others = this.list().filter(({ id }) => id !== record.id);
    for (const { name, anonymous } of record.volumes) {
      const shared = others.some(({ volumes }) => volumes.some((each) => each.name === name));
      if (anonymous && !shared) await this.#site.volumes.remove(name);
    }
  }

  async #clear(id: string): Promise<void> {
    await this.#runtime.delete(id);
    await removeRootfs(this.#file(id));
    await rm(this.#file(id), { recursive: true, force: true });
  }

  async #save(record: ContainerRecord): Promise<void> {
    await writeState(this.#file(record.id, 'container.json'), record);
    this.#records.set(record.id, record);
  }

  #freeName(wanted: string | undefined, id: string): string {
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

  #file(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }
}

function notStarted(record: ContainerRecord): ContainerRecord {
  const { id, name, image, imageDigest, layers, created, labels, wish, volumes } = record;
  return { id, name, image, imageDigest, layers, created, labels, wish, volumes };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
