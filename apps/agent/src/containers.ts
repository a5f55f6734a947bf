import { randomBytes } from 'node:crypto';
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMonitored,
  identify,
  isAlive,
  isOfThisBoot,
  limitsOf,
  type OciRuntime,
  parseSignal,
  type PipedProgram,
  processTable,
  removeRootfs,
  RuntimeError,
  type Traffic,
  trafficOf,
  unmountRootfs,
  type Usage,
  usageOf,
} from '@slipway/runtime';
import { Connections } from './connections.ts';
import {
  type ContainerRecord,
  type ContainerUpdate,
  type ContainerWish,
  isUp,
  stateOf,
  updated,
} from './container-record.ts';
import { ContainerRecords } from './container-records.ts';
import { AgentError } from './errors.ts';
import { followLog } from './follow-log.ts';
import { configOf, type Images, type LocalImage } from './images.ts';
import { OneAtATime } from './one-at-a-time.ts';
import {
  checkWish,
  execProcess,
  type ExecWish,
  limitsWished,
  prepareContainer,
  type Site,
  volumesFor,
} from './prepare-container.ts';
import { restartDelay, startsWithHost } from './restart-policy.ts';

/** conmon writes the exit code a moment after the process is gone. */
const EXIT_GRACE = 3000;
const LOOK_AGAIN = 100;

type End = ContainerRecord['ended'];

interface Supervision {
  /** Resolves when the container has ended and will not be started again, and that is written down. */
  readonly over: Promise<void>;
  /** Ends the wait before it is started again. */
  readonly hurry: AbortController;
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
 * watching what runs, starts what is to run again, and clears away what another one did not come to finish.
 *
 *     created ── start ──► running ◄── pause, unpause ──► paused
 *                            │  ▲
 *                       ends │  │ after a delay, by its restart policy
 *                            ▼  │
 *                   exited ◄── restarting
 */
export class Containers {
  readonly #records: ContainerRecords;
  readonly #images: Images;
  readonly #runtime: OciRuntime;
  readonly #site: Site;
  readonly connections: Connections;
  readonly #supervised = new Map<string, Supervision>();
  /** Who starts or removes a container. */
  readonly #turns = new OneAtATime();

  constructor(root: string, images: Images, runtime: OciRuntime, site: Site) {
    this.#records = new ContainerRecords(root);
    this.#images = images;
    this.#runtime = runtime;
    this.#site = site;
    this.connections = new Connections(this.#records, site.networks);
  }

  async adopt(): Promise<void> {
    for (const id of await this.#records.load()) await this.#clear(id);
    for (const record of this.list()) {
      const { id, removing } = record;
      if (removing !== undefined) {
        await this.#remove(id, removing.volumes);
      } else if (!isUp(record) || (await this.#runtime.isOnlyCreated(id))) {
        await this.#release(id);
        await this.#decide(record);
      }
    }
    // Nobody has an address or a port any more that it is not to have, when the first of them takes one.
    await this.connections.settleAll();
    for (const record of this.list()) {
      if (isUp(record)) this.#supervise(record.id);
      else if (stateOf(record) === 'restarting') this.#supervise(record.id, 0);
    }
  }

  /** Whether it is to run: what was to run does, and what runs whenever the host does. */
  async #decide(record: ContainerRecord): Promise<void> {
    const { id, process, ended, wish, attachment, stopped = false } = record;
    const onItsWay = isUp(record) || stateOf(record) === 'restarting';
    const rebooted = process !== undefined && !(await isOfThisBoot(process));
    const again = onItsWay
      ? wish.restart.name !== 'no' && !stopped
      : rebooted && startsWithHost(wish.restart, stopped);
    if (again) {
      await this.#records.change(id, (same) => ({ ...same, stopped: false, restarting: true }));
    } else if (onItsWay && ended === undefined) {
      await this.#records.change(id, notStarted);
    } else if (onItsWay || attachment !== undefined) {
      await this.#records.change(id, atRest);
    }
  }

  list(): readonly ContainerRecord[] {
    return this.#records.list();
  }

  find(text: string): ContainerRecord {
    return this.#records.find(text);
  }

  /** The layers that containers stand on, which no image may take along. */
  layersInUse(): ReadonlySet<number> {
    return new Set(this.list().flatMap(({ layers }) => layers));
  }

  async create(wanted: ContainerWish, image: LocalImage): Promise<ContainerRecord> {
    const layers = this.#images.layersOf(image);
    if (layers === undefined) {
      throw new AgentError('not-found', `layers of ${wanted.image} are missing: pull it again`);
    }
    const id = randomBytes(32).toString('hex');
    const config = configOf(image);
    checkWish(wanted, config, this.#site.host);
    const { wish, memberships } = await this.connections.planned(wanted);
    const record: ContainerRecord = {
      id,
      name: this.#records.freeName(wish.name, id),
      image: wish.image,
      imageDigest: image.digest,
      layers: layers.map(({ number }) => number),
      created: new Date().toISOString(),
      labels: { ...config.labels, ...wish.labels },
      wish,
      volumes: [],
      memberships,
      restarts: 0,
    };
    try {
      await this.#records.add(record);
      const volumes = await volumesFor(wish, config, this.#site.volumes);
      await this.#records.change(id, (same) => ({ ...same, volumes }));
    } catch (error) {
      await this.#remove(id, true);
      throw error;
    }
    return record;
  }

  /** No error when it runs already. */
  async start(id: string): Promise<void> {
    const { name, paused } = this.find(id);
    if (paused === true) {
      throw new AgentError('conflict', `${name} is paused: slipway unpause ${name}`);
    }
    await this.#turns.run(id, async () => {
      if (isUp(this.find(id)) || stateOf(this.find(id)) === 'restarting') return;
      await this.#records.change(id, notStarted);
      await this.#launch(id);
      this.#supervise(id);
    });
  }

  async restart(id: string, timeout?: number): Promise<void> {
    this.#kept.add(id);
    try {
      await this.stop(id, timeout);
    } finally {
      this.#kept.delete(id);
    }
    await this.start(id);
  }

  /** Those that are not removed when they end, though that was wished, as they are about to be started again. */
  readonly #kept = new Set<string>();

  /** The exit code, once there is one; `undefined` in the code when nobody saw it. */
  async wait(id: string, signal?: AbortSignal): Promise<End> {
    const { over = Promise.resolve() } = this.#supervised.get(id) ?? {};
    signal?.throwIfAborted();
    await Promise.race([
      over,
      ...(signal ? [new Promise((resolve) => signal.addEventListener('abort', resolve))] : []),
    ]);
    signal?.throwIfAborted();
    return this.#records.get(id)?.ended ?? this.#lastEnds.get(id);
  }

  /** How containers ended that were removed right after. */
  readonly #lastEnds = new Map<string, End>();

  /** A signal that ends it for good is a wish that it ends: it is not started again. */
  async kill(id: string, signalText: string): Promise<void> {
    const record = this.find(id);
    const signal = parseSignal(signalText);
    if (signal === undefined) throw new AgentError('invalid', `${signalText} is not a signal`);
    if (!isUp(record)) throw new AgentError('not-running', `${record.name} does not run`);
    if (signal === 9 || signal === (await this.#stopSignal(record))) {
      await this.#records.change(id, stoppedByHand);
    }
    await this.#runtime.kill(id, signal);
    if (signal === 9 && record.paused === true) await this.#runtime.resume(id);
  }

  /** Asks it to end, and ends it when it does not in time. */
  async stop(id: string, timeout?: number): Promise<void> {
    await this.#halt(id, async (record) => {
      await this.#runtime.kill(id, await this.#stopSignal(record));
      if (record.paused === true) await this.#runtime.resume(id);
      const late = AbortSignal.timeout((timeout ?? record.wish.stopTimeout) * 1000);
      try {
        await this.wait(id, late);
      } catch (error) {
        if (!late.aborted) throw error;
        await this.#runtime.kill(id, 9, true);
      }
    });
  }

  /** Holds all of its processes. */
  async pause(id: string): Promise<void> {
    const { name, paused } = this.#upOne(id);
    if (paused === true) throw new AgentError('conflict', `${name} is paused already`);
    await this.#runtime.pause(id);
    await this.#records.change(id, (record) => ({ ...record, paused: true }));
  }

  async unpause(id: string): Promise<void> {
    const { name, paused } = this.#upOne(id);
    if (paused !== true) throw new AgentError('conflict', `${name} is not paused`);
    await this.#runtime.resume(id);
    await this.#records.change(id, notPaused);
  }

  /** Limits count at once. */
  async update(id: string, update: ContainerUpdate): Promise<void> {
    const { name, wish } = this.find(id);
    const wanted = updated(wish, update);
    if (wanted.remove && wanted.restart.name !== 'no') {
      throw new AgentError('invalid', `${name} is removed when it ends, and cannot be restarted`);
    }
    if (isUp(this.find(id))) {
      await this.#runtime.update(id, limitsOf(limitsWished(wanted), this.#site.host));
    }
    await this.#records.change(id, (record) => ({ ...record, wish: updated(record.wish, update) }));
  }

  async rename(id: string, wanted: string): Promise<void> {
    const name = this.#records.freeName(wanted, id);
    await this.connections.settle(
      await this.#records.change(id, (record) => ({ ...record, name })),
    );
  }

  /** `volumes`: also those that were made for it alone. */
  async remove(
    id: string,
    { force, volumes }: { readonly force: boolean; readonly volumes: boolean },
  ): Promise<void> {
    const refuseOneThatRuns = () => {
      const record = this.find(id);
      if (!isUp(record) && stateOf(record) !== 'restarting') return;
      throw new AgentError('conflict', `${record.name} runs: stop it first, or remove it with -f`);
    };
    if (force) {
      await this.#halt(id, async ({ paused }) => {
        await this.#runtime.kill(id, 9, true);
        if (paused === true) await this.#runtime.resume(id);
      });
    }
    await this.#turns.run(id, async () => {
      if (!force) refuseOneThatRuns();
      await this.#remove(id, volumes);
    });
  }

  log(id: string, follow: boolean, signal: AbortSignal) {
    const isOver = () => !follow || !this.#supervised.has(id);
    return followLog(this.#records.file(id, 'log'), isOver, signal);
  }

  /** What a container prints from the start that is to come on, to the end, whatever becomes of it then. */
  async logOfStart(id: string, started: () => boolean, signal: AbortSignal) {
    const path = this.#records.file(id, 'log');
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    return followLog(path, () => started() && !this.#supervised.has(id), signal, size);
  }

  /** Another program in a container that runs, with no more rights than its first. */
  async exec(id: string, wish: ExecWish): Promise<PipedProgram> {
    const { name, paused } = this.#upOne(id);
    if (paused === true) {
      throw new AgentError('conflict', `${name} is paused: slipway unpause ${name}`);
    }
    const process = await execProcess(this.#records.file(id), wish, this.#site.host);
    const file = this.#records.file(id, `exec-${randomBytes(6).toString('hex')}.json`);
    await writeFile(file, JSON.stringify(process), { mode: 0o600 });
    try {
      return await this.#runtime.exec(id, file);
    } finally {
      await rm(file, { force: true });
    }
  }

  /** What the host's `ps` says of its processes. */
  async top(id: string, options: readonly string[]): Promise<readonly string[]> {
    return processTable(await this.#runtime.processes(this.#upOne(id).id), options);
  }

  /** What it uses now; `undefined` when it does not run. */
  async stats(
    id: string,
  ): Promise<(Usage & Partial<Traffic> & { readonly at: number }) | undefined> {
    const record = this.find(id);
    const { process } = record;
    if (process === undefined || !isUp(record)) return undefined;
    const usage = await usageOf(process.pid, this.#site.host);
    if (usage === undefined) return undefined;
    return {
      at: performance.now(),
      ...usage,
      // The host's own traffic is not the container's.
      ...(!this.connections.isOnHost(record) && (await trafficOf(process.pid))),
    };
  }

  #upOne(id: string): ContainerRecord {
    const record = this.find(id);
    if (isUp(record)) return record;
    throw new AgentError('not-running', `${record.name} does not run`);
  }

  async #stopSignal({ wish, imageDigest }: ContainerRecord): Promise<number> {
    const image = await this.#images.find(imageDigest);
    const named = wish.stopSignal ?? (image && configOf(image).stopSignal) ?? 'SIGTERM';
    return parseSignal(named) ?? 15;
  }

  /** Ends a container as `end` does it, when it is up, and returns when it is over and is not started again. */
  async #halt(id: string, end: (record: ContainerRecord) => Promise<void>): Promise<void> {
    const supervision = this.#supervised.get(id);
    if (supervision === undefined) return;
    await this.#records.change(id, stoppedByHand);
    supervision.hurry.abort();
    // One that is being started is up after that.
    await this.#turns.run(id, async () => undefined);
    const record = this.#records.get(id);
    if (record !== undefined && isUp(record)) await end(record);
    await supervision.over;
  }

  /** Mounts, creates and starts it; undoes all of that when it cannot. */
  async #launch(id: string): Promise<void> {
    const folder = this.#records.file(id);
    const record = this.find(id);
    await rm(this.#records.file(id, 'exit'), { recursive: true, force: true });
    await rm(this.#records.file(id, 'oom'), { force: true });
    try {
      const image = await this.#images.find(record.imageDigest);
      if (image === undefined) {
        throw new AgentError('not-found', `${record.image} is gone: slipway pull ${record.image}`);
      }
      const network = await this.connections.enter(id, configOf(image).exposedPorts);
      await prepareContainer(record, image, folder, network, this.#site);
      const pid = await createMonitored(this.#runtime, {
        id,
        name: record.name,
        bundle: folder,
        folder,
      });
      const process = await identify(pid);
      if (process === undefined) {
        throw new RuntimeError('host-program-failed', 'the container ended before it was started');
      }
      const started = new Date().toISOString();
      await this.#records.change(id, (same) => ({ ...notEnded(same), process, started }));
      await this.#runtime.start(id);
    } catch (error) {
      await this.#release(id);
      await this.connections.settle(await this.#records.change(id, notStarted));
      throw error;
    }
  }

  /** Watches one that is up until it has ended, and starts it again by its policy; `delay`: starts it first. */
  #supervise(id: string, delay?: number): void {
    const hurry = new AbortController();
    const over = (async () => {
      for (let waited = delay; ;) {
        if (waited !== undefined) {
          await sleep(waited, undefined, { signal: hurry.signal }).catch(() => undefined);
          if (!(await this.#turns.run(id, async () => this.#launchAgain(id)))) return;
        }
        waited = await this.#end(id, waited);
        if (waited === undefined) return;
      }
    })().finally(() => this.#supervised.delete(id));
    over.catch((error: unknown) => {
      process.stderr.write(`container ${id}: ${String((error as Error).stack)}\n`);
    });
    this.#supervised.set(id, { over, hurry });
  }

  /** Waits until it has ended and writes that down; returns after how long it is to be started again. */
  async #end(id: string, waited: number | undefined): Promise<number | undefined> {
    const ended = await this.#ending(id);
    await this.#release(id);
    const record = this.#records.get(id);
    if (record === undefined) return undefined;
    const { wish, started = ended.at, restarts, stopped = false } = record;
    if (wish.remove && !this.#kept.has(id)) {
      this.#lastEnds.set(id, ended);
      setTimeout(() => this.#lastEnds.delete(id), 60_000).unref();
      await this.#remove(id, true);
      return undefined;
    }
    const ran = Date.parse(ended.at) - Date.parse(started);
    const ending = { code: ended.code, ran, restarts, stopped, waited };
    const delay = restartDelay(wish.restart, ending);
    if (delay === undefined) {
      await this.#leave(id, (same) => ({ ...notPaused(same), ended }));
    } else {
      await this.#records.change(id, (same) => ({ ...notPaused(same), ended, restarting: true }));
    }
    return delay;
  }

  async #ending(id: string) {
    const { process } = this.find(id);
    const exit = this.#records.file(id, 'exit', id);
    for (let gone = 0; gone * LOOK_AGAIN < EXIT_GRACE;) {
      if (await isThere(exit)) break;
      if (process === undefined || !(await isAlive(process))) gone++;
      await sleep(gone > 0 ? LOOK_AGAIN / 5 : LOOK_AGAIN);
    }
    const code = await readFile(exit, 'utf8').catch(() => '');
    return {
      at: new Date().toISOString(),
      ...(/^\d+$/.test(code.trim()) && { code: Number(code) }),
      outOfMemory: await isThere(this.#records.file(id, 'oom')),
    };
  }

  /** Whether it runs again; not when somebody has stopped it meanwhile, or it cannot be started. */
  async #launchAgain(id: string): Promise<boolean> {
    const record = this.#records.get(id);
    if (record === undefined) return false;
    if (record.stopped === true) {
      await this.#leave(id, (same) => same);
      return false;
    }
    const restarts = record.restarts + 1;
    try {
      await this.#launch(id);
      await this.#records.change(id, (same) => ({ ...same, restarts }));
      return true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const { process, started, ended: before } = record;
      const ended = before ?? { at: new Date().toISOString(), outOfMemory: false };
      await this.#records.change(id, (same) => ({
        ...same,
        restarts,
        ...(process !== undefined && { process }),
        ...(started !== undefined && { started }),
        ended: { ...ended, problem },
      }));
      return false;
    }
  }

  /** Writes down that it is over, and has nothing of networks any more. */
  async #leave(id: string, change: (record: ContainerRecord) => ContainerRecord): Promise<void> {
    await this.connections.settle(await this.#records.change(id, (same) => atRest(change(same))));
  }

  /** Undoes what the kernel and the runtime have of a container, not what it wrote. */
  async #release(id: string): Promise<void> {
    await this.#runtime.delete(id);
    await unmountRootfs(this.#records.file(id));
  }

  async #remove(id: string, withVolumes: boolean): Promise<void> {
    const removing = { volumes: withVolumes };
    const record = await this.#records.change(id, (same) => ({ ...same, removing }));
    if (record === undefined) return;
    if (withVolumes) await this.#removeVolumesOf(record);
    await this.#clear(id);
    await this.connections.settle(record);
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
    await removeRootfs(this.#records.file(id));
    await this.#records.remove(id);
  }
}

/** As it was when it was created. */
function notStarted(record: ContainerRecord): ContainerRecord {
  const { id, name, image, imageDigest, layers, created, labels, wish, volumes, memberships } =
    record;
  return {
    ...{ id, name, image, imageDigest, layers, created, labels, wish, volumes, memberships },
    restarts: 0,
  };
}

const notEnded = (record: ContainerRecord): ContainerRecord => {
  const { restarts, stopped, attachment } = record;
  return { ...notStarted(record), restarts, attachment, ...(stopped !== undefined && { stopped }) };
};

/** It is not started again, and leaves its addresses and ports to others. */
const atRest = (record: ContainerRecord): ContainerRecord => ({
  ...record,
  restarting: false,
  attachment: undefined,
});

const notPaused = (record: ContainerRecord): ContainerRecord => ({ ...record, paused: false });

const stoppedByHand = (record: ContainerRecord): ContainerRecord => ({ ...record, stopped: true });

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
