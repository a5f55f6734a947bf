import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RuntimeError } from './errors.ts';

/** What a host program gets of the environment: nothing that changes what it does. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
};

const OUTPUT_LIMIT = 4 * 1024 * 1024;

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** Statuses besides 0 that are no failure. */
  readonly allowed?: readonly number[];
}

export interface ProgramResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the host to its end; rejects with what it printed when it fails. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = start(program, args, options);
  const output = Promise.all([collect(child.stdout), collect(child.stderr)]);
  output.catch(() => undefined);
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const status = await statusOf(program, child);
  options.signal?.throwIfAborted();
  const [stdout, stderr] = await output;
  if (status !== 0 && !options.allowed?.includes(status))
    throw failure(program, args, status, stderr);
  return { status, stdout, stderr };
}

/** Feeds a program and waits until it has taken everything and ended well. */
export async function feedProgram(
  program: string,
  args: readonly string[],
  source: AsyncIterable<Uint8Array>,
  options: ProgramOptions = {},
): Promise<void> {
  const child = start(program, args, options);
  child.stdout.resume();
  const stderr = collect(child.stderr);
  const status = statusOf(program, child);
  status.catch(() => undefined);
  try {
    await pipeline(Readable.from(source, { objectMode: false, highWaterMark: 1 }), child.stdin);
  } catch (error) {
    // A program that ended early says why; its broken pipe does not.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
      child.kill('SIGKILL');
      await status;
      options.signal?.throwIfAborted();
      throw error;
    }
  }
  const code = await status;
  options.signal?.throwIfAborted();
  if (code !== 0) throw failure(program, args, code, await stderr);
}

/** What a program makes of `source`. */
export async function* throughProgram(
  program: string,
  args: readonly string[],
  source: AsyncIterable<Uint8Array>,
  options: ProgramOptions = {},
): AsyncGenerator<Buffer, void, void> {
  const child = start(program, args, options);
  const stderr = collect(child.stderr);
  const status = statusOf(program, child);
  status.catch(() => undefined);
  let broken: unknown;
  const feeding = pipeline(Readable.from(source, { objectMode: false }), child.stdin).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
      broken = error;
      child.kill('SIGKILL');
    },
  );
  try {
    for await (const piece of child.stdout as AsyncIterable<Buffer>) yield piece;
    const code = await status;
    await feeding;
    if (broken !== undefined) throw broken as Error;
    options.signal?.throwIfAborted();
    if (code !== 0) throw failure(program, args, code, await stderr);
  } finally {
    child.kill('SIGKILL');
    await feeding;
  }
}

interface Piped extends ChildProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

function start(program: string, args: readonly string[], options: ProgramOptions): Piped {
  const { cwd, env, signal } = options;
  return spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...ENVIRONMENT, ...env },
    killSignal: 'SIGKILL',
    ...(cwd !== undefined && { cwd }),
    ...(signal && { signal }),
  });
}

async function statusOf(
  program: string,
  child: ChildProcess,
  end: 'close' | 'exit' = 'close',
): Promise<number> {
  const ended = new Promise<number>((resolve, reject) => {
    child.on(end, (code: number | null, signal: NodeJS.Signals | null) =>
      resolve(code ?? (signal === null ? -1 : 128)),
    );
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return;
      reject(new RuntimeError('host-lacks', `the host has no ${program}; install its package`));
    });
  });
  return ended;
}

async function collect(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  stream.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size <= OUTPUT_LIMIT) pieces.push(piece);
  });
  await once(stream, 'close');
  return Buffer.concat(pieces).toString('utf8');
}

function failure(
  program: string,
  args: readonly string[],
  status: number,
  stderr: string,
): RuntimeError {
  const said = stderr.trim().slice(-1000) || `status ${status}`;
  return new RuntimeError('host-program-failed', `${program} ${args[0] ?? ''} failed: ${said}`);
}

/** Where a program of the host is; `undefined` when it has none of that name. */
export async function findProgram(name: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return undefined;
  for (const folder of ENVIRONMENT.PATH.split(':')) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

export interface PipedProgram {
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly stdin: Writable;
  /** Known when it has ended, though some of its output may still be to come. */
  readonly status: Promise<number>;
  kill(): void;
}

/** A program whose output goes on to somebody as it comes. */
export function spawnPiped(program: string, args: readonly string[]): PipedProgram {
  const child = start(program, args, {});
  const { stdin } = child;
  // Node throws away what a child that has ended printed, unless somebody reads it by then.
  const stdout = child.stdout.pipe(new PassThrough());
  const stderr = child.stderr.pipe(new PassThrough());
  const status = statusOf(program, child, 'exit');
  return { stdin, stdout, stderr, status, kill: () => void child.kill() };
}

/** Runs conmon, which forks and goes on by itself, and reads what it says of the container it created. */
export async function spawnMonitor(
  args: readonly string[],
  cwd: string,
): Promise<{ readonly pid: number; readonly message: string }> {
  const child = spawn('conmon', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...ENVIRONMENT, _OCI_SYNCPIPE: '3' },
    detached: true,
  });
  const [, , stderr, sync] = child.stdio as unknown as readonly [null, null, Readable, Readable];
  const said = collect(stderr);
  said.catch(() => undefined);
  // The monitor keeps both pipes for as long as the container lives: one line is all that is waited for.
  const [line] = await Promise.all([firstLine(sync), statusOf('conmon', child, 'exit')]);
  sync.destroy();
  stderr.destroy();
  try {
    const { data, message = '' } = JSON.parse(line) as { data: number; message?: string };
    return { pid: data, message };
  } catch {
    throw failure('conmon', [], -1, (await said) || line);
  }
}

/** Up to the end of the stream when that has no line's end. */
async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  for await (const piece of stream as AsyncIterable<Buffer>) {
    text += piece.toString('utf8');
    if (text.includes('\n') || text.length > OUTPUT_LIMIT) break;
  }
  return text.split('\n')[0] ?? '';
}

/** Starts a program that goes on when this one ends, with its output in a file. */
export function spawnDetached(program: string, args: readonly string[], output: number): void {
  const child = spawn(program, args, {
    stdio: ['ignore', output, output],
    detached: true,
    cwd: '/',
    env: { ...ENVIRONMENT },
  });
  child.unref();
}
