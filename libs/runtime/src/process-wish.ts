import type { ImageProcess } from '@slipway/oci';
import { RuntimeError } from './errors.ts';
import type { ContainerUser } from './user.ts';

/** What somebody wants to be run, on top of what the image says. */
export interface ProcessWish {
  /** Replaces the image's Cmd. */
  readonly command?: readonly string[];
  /** Replaces the image's Entrypoint, and its Cmd with it. */
  readonly entrypoint?: readonly string[];
  /** `KEY=value`, or `KEY` alone to have it not set. */
  readonly env?: readonly string[];
  readonly workingDir?: string;
}

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Entrypoint and command, as Docker puts them together. */
export function argumentsOf(image: ImageProcess, wish: ProcessWish): readonly string[] {
  const command = wish.command ?? [];
  const args =
    wish.entrypoint === undefined
      ? [...image.entrypoint, ...(command.length > 0 ? command : image.cmd)]
      : [...wish.entrypoint, ...command];
  if (args.length === 0) {
    throw invalid('the image says nothing of what to run: name a command behind it');
  }
  const bad = args.find((word) => word.includes('\0'));
  if (bad !== undefined) throw invalid('an argument has a NUL in it');
  return args;
}

/** The image's variables, then the wished ones by key, then what goes without saying where nobody set it. */
export function environmentOf(
  image: ImageProcess,
  wish: ProcessWish,
  implied: { readonly hostname: string; readonly user: ContainerUser },
): readonly string[] {
  const variables = new Map<string, string>();
  const base = image.env.some((each) => keyOf(each) === 'PATH') ? [] : [DEFAULT_PATH];
  for (const each of [...base, ...image.env]) {
    if (each.includes('=')) variables.set(checkedKey(each), each);
  }
  for (const each of wish.env ?? []) {
    const key = checkedKey(each);
    if (each.includes('=')) variables.set(key, each);
    else variables.delete(key);
  }
  if (!variables.has('HOSTNAME')) variables.set('HOSTNAME', `HOSTNAME=${implied.hostname}`);
  if (!variables.has('HOME')) variables.set('HOME', `HOME=${implied.user.home}`);
  return [...variables.values()];
}

/**
 * Where the program starts. The runtime makes the folder, inside; here nothing of it is looked at. A working
 * folder within /proc may be a way out to the host (CVE-2024-21626).
 */
export function workingDirOf(image: ImageProcess, wish: ProcessWish): string {
  const text = wish.workingDir ?? (image.workingDir === '' ? '/' : image.workingDir);
  if (!text.startsWith('/'))
    throw invalid(`the working folder ${JSON.stringify(text)} is not absolute`);
  if (text.includes('\0')) throw invalid('the working folder has a NUL in it');
  const components: string[] = [];
  for (const each of text.split('/')) {
    if (each === '..') components.pop();
    else if (each !== '' && each !== '.') components.push(each);
  }
  if (['proc', 'sys', 'dev'].includes(components[0] ?? '')) {
    throw invalid(`the working folder ${JSON.stringify(text)} is the kernel's`);
  }
  return `/${components.join('/')}`;
}

function checkedKey(variable: string): string {
  const key = keyOf(variable);
  if (key === '' || /[\n\0]/.test(key) || variable.includes('\0')) {
    throw invalid(
      `${JSON.stringify(variable.slice(0, 100))} cannot be a variable of the environment`,
    );
  }
  return key;
}

const keyOf = (variable: string): string => {
  const at = variable.indexOf('=');
  return at < 0 ? variable : variable.slice(0, at);
};

const invalid = (message: string): RuntimeError => new RuntimeError('config-invalid', message);
