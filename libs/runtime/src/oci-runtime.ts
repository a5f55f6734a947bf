import { access, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimeError } from './errors.ts';
import { findProgram, runProgram, spawnPiped, type PipedProgram } from './host-programs.ts';

const LOOK_AGAIN = 10;

/** A container runtime by its name: crun, runc and youki have one command line. */
export class OciRuntime {
  readonly name: string;
  readonly path: string;
  /** Where it keeps the state of its containers. */
  readonly root: string;

  private constructor(name: string, path: string, root: string) {
    this.name = name;
    this.path = path;
    this.root = root;
  }

  static async named(name: string, root: string): Promise<OciRuntime> {
    const path = await findProgram(name);
    if (path === undefined) {
      throw new RuntimeError('host-lacks', `the host has no ${name}: apt-get install ${name}`);
    }
    return new OciRuntime(name, path, root);
  }

  async start(id: string): Promise<void> {
    await this.#run(['start', id]);
  }

  /** Sends a signal to the first process, or to all; no error when there is none any more. */
  async kill(id: string, signal: number, all = false): Promise<void> {
    const result = await this.#run(['kill', ...(all ? ['--all'] : []), id, String(signal)], [1]);
    const gone = /not running|does not exist|no such process|not found|already finished|ESRCH/i;
    if (result.status !== 0 && !gone.test(result.stderr)) throw failure(result.stderr);
  }

  /** Removes what the runtime keeps of it, whatever state it is in; no error when that is nothing. */
  async delete(id: string): Promise<void> {
    const result = await this.#run(['delete', '--force', id], [1]);
    if (result.status !== 0 && !/does not exist|no such file/i.test(result.stderr)) {
      throw failure(result.stderr);
    }
  }

  /** The numbers of all its processes, as the host counts them. */
  async processes(id: string): Promise<readonly number[]> {
    const { stdout } = await this.#run(['ps', '--format', 'json', id]);
    // Nothing at all is null.
    return (JSON.parse(stdout) as readonly number[] | null) ?? [];
  }

  /** Holds all of its processes. */
  async pause(id: string): Promise<void> {
    await this.#run(['pause', id]);
  }

  /** Lets them go on; no error when they do already, or have ended: some runtimes thaw whom they kill. */
  async resume(id: string): Promise<void> {
    const result = await this.#run(['resume', id], [1]);
    const goesOn = /not paused|not running|does not exist/i;
    if (result.status !== 0 && !goesOn.test(result.stderr)) {
      throw new RuntimeError('host-program-failed', lastMessage(result.stderr));
    }
  }

  /** Changes the limits of one that runs to these, of runtime-spec's `linux.resources`. */
  async update(id: string, resources: object): Promise<void> {
    await this.#run(['update', '--resources', '-', id], [], JSON.stringify(resources));
  }

  /** Whether it was created and never started: its process waits, and would wait for ever. */
  async isOnlyCreated(id: string): Promise<boolean> {
    const { status, stdout } = await this.#run(['state', id], [1]);
    return status === 0 && (JSON.parse(stdout) as { status?: unknown }).status === 'created';
  }

  /** Another program in a container that runs, from a file with its `process`; rejects when it cannot be started. */
  async exec(id: string, processFile: string): Promise<PipedProgram> {
    // The runtime writes it for a program that it has started, however soon that ends.
    const pidFile = `${processFile}.pid`;
    const options = ['--process', processFile, '--pid-file', pidFile];
    const program = spawnPiped(this.path, ['--root', this.root, 'exec', ...options, id]);
    try {
      const ended = program.status.then(() => true);
      ended.catch(() => undefined);
      for (let over = false; !(await isThere(pidFile));) {
        if (over) throw startFailure(await text(program.stderr));
        over = await Promise.race([ended, sleep(LOOK_AGAIN, false)]);
      }
      return program;
    } finally {
      await rm(pidFile, { force: true });
    }
  }

  async #run(args: readonly string[], allowed: readonly number[] = [], input = '') {
    return runProgram(this.path, ['--root', this.root, ...args], { allowed, input });
  }
}

/**
 * What a runtime's complaint means: an image that has no such program is another thing than a host that cannot
 * start one.
 */
export function startFailure(said: string): RuntimeError {
  const message = lastMessage(said);
  if (
    /executable file .*not found|no such file or directory/i.test(message) &&
    /exec/i.test(message)
  ) {
    return new RuntimeError('command-not-found', message);
  }
  if (
    /permission denied|is a directory|exec format error/i.test(message) &&
    /exec/i.test(message)
  ) {
    return new RuntimeError('command-not-executable', message);
  }
  return failure(message);
}

const failure = (said: string): RuntimeError =>
  new RuntimeError('host-program-failed', `the container cannot be started: ${lastMessage(said)}`);

/** runc logs lines of `level=error msg="…"`; crun says it straight. */
function lastMessage(said: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"\s*$/.exec(said.trim())?.[1];
  return (message?.replaceAll(/\\(.)/g, '$1') ?? said.trim()).slice(-1000);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
