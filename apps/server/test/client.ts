import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findTool } from '../../../scripts/host-tools.mjs';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  /** Standard output and standard error, as a person would have seen them. */
  readonly printed: string;
}

interface CallOptions {
  readonly input?: string | AsyncIterable<Buffer>;
  readonly cwd?: string;
  /** Added to the client's environment for this call. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program of this machine, run to its end with an environment of its own. */
export interface Client {
  /** Rejects, with all that the program printed, unless it ends with 0. */
  run(args: readonly string[], options?: CallOptions): Promise<Outcome>;
  /** Resolves however the program ends. */
  attempt(args: readonly string[], options?: CallOptions): Promise<Outcome>;
}

/** `home` holds all that the client remembers, so that it neither sees nor changes this machine's. */
export function client(
  tool: string,
  home: string,
  env: Readonly<Record<string, string>> = {},
): Client {
  const attempt = async (args: readonly string[], options: CallOptions = {}): Promise<Outcome> => {
    const program = findTool(tool);
    if (program === undefined) throw new Error(`${tool} is not on this machine`);
    const child = spawn(program, args, {
      cwd: options.cwd ?? home,
      env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    // A program that does not read all of its input says so by how it ends.
    await Promise.all([
      pipeline(Readable.from(inputOf(options)), child.stdin).catch(() => undefined),
      ended,
    ]);
    return { code: await ended, stdout, printed };
  };

  return {
    attempt,
    run: async (args, options) => {
      const outcome = await attempt(args, options);
      if (outcome.code === 0) return outcome;
      const how = outcome.code === null ? 'was killed' : `ended with ${outcome.code}`;
      throw new Error(`${tool} ${args.join(' ')}\n${how}:\n${outcome.printed}`);
    },
  };
}

function inputOf({ input = '' }: CallOptions): AsyncIterable<Buffer> | string[] {
  return typeof input === 'string' ? [input].filter((text) => text !== '') : input;
}
