import { readFileSync } from 'node:fs';
import { RLIMIT_NAMES, type RlimitName, type Rlimits } from '@slipway/runtime';
import { InvalidArgumentError } from 'commander';
import { type SeccompFile, seccompFile } from '../seccomp-file.ts';

/** `nofile=1024[:2048]`: soft, and hard when it is another; -1 is no limit. */
export function parseUlimit(text: string, before: Rlimits = {}): Rlimits {
  const [, name = '', softText = '', hardText = softText] =
    /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  if (!isRlimit(name)) {
    throw new InvalidArgumentError(
      `It is a limit such as nofile=1024:2048, of ${RLIMIT_NAMES.join(', ')}.`,
    );
  }
  const [soft, hard] = [Number(softText), Number(hardText)];
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new InvalidArgumentError('The soft limit is no higher than the hard one.');
  }
  return { ...before, [name]: { soft, hard } };
}

const isRlimit = (name: string): name is RlimitName => RLIMIT_NAMES.some((each) => each === name);

export interface SecurityOptions {
  readonly noNewPrivileges?: boolean;
  readonly seccomp?: 'default' | 'unconfined' | SeccompFile;
  readonly apparmor?: string;
}

/** `seccomp=unconfined|builtin|<file>`, `no-new-privileges[=false]`, `apparmor=unconfined|<profile>`. */
export function parseSecurity(text: string, before: SecurityOptions = {}): SecurityOptions {
  const [, name = '', value = ''] = /^([a-z-]+)(?:[=:](.*))?$/.exec(text) ?? [];
  if (name === 'no-new-privileges' && ['', 'true', 'false'].includes(value)) {
    return { ...before, noNewPrivileges: value !== 'false' };
  }
  if (name === 'apparmor' && value !== '') return { ...before, apparmor: value };
  if (name === 'seccomp' && value !== '') return { ...before, seccomp: seccompOf(value) };
  throw new InvalidArgumentError(
    'It is seccomp=unconfined, seccomp=<file>, no-new-privileges[=false] or apparmor=<profile>.',
  );
}

function seccompOf(value: string): 'default' | 'unconfined' | SeccompFile {
  if (value === 'unconfined') return value;
  if (value === 'builtin') return 'default';
  const parsed = seccompFile.safeParse(jsonOf(value));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new InvalidArgumentError(`${value} is no seccomp profile: ${faults.join('; ')}`);
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read: ${String(error)}`);
  }
}
