import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whom Postgres runs as when this process is root, since it refuses to run as root itself. */
export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
}

/** A program to spawn. */
interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Whom to spawn it as, when that is not ourselves. */
  readonly as?: PostgresAccount;
}

/**
 * The account for the cluster in `folder`: the folder's owner, or when that is root, `postgres` or else
 * `nobody`. Undefined when this process is not root and runs Postgres as itself.
 */
export function postgresAccount(folder: string): PostgresAccount | undefined {
  const { uid, gid } = lstatSync(folder);
  const self = process.getuid?.();
  if (self === 0) {
    return uid === 0 ? (named('postgres') ?? named('nobody') ?? NOBODY) : { uid, gid };
  }
  if (uid === self) return undefined;
  throw new Error(
    `${folder} belongs to the user ${uid}, not to the user ${String(self)} who runs this: ` +
      `start as that user or as root`,
  );
}

/**
 * The command that runs `file` as `account` on `paths`.
 *
 * Where the account may not enter the folders above them (a clone in /root, whose mode is 0700), the
 * program is also given the capability to enter and read what root may. That is less than what the
 * server, the only one who can reach this Postgres, has as root.
 */
export function commandAs(
  account: PostgresAccount | undefined,
  file: string,
  args: readonly string[],
  paths: readonly string[],
): Command {
  if (!account) return { file, args };
  const { uid, gid } = account;
  const closed = [file, ...paths]
    .map((path) => closedFolder(realpathSync(path), account))
    .find((folder) => folder !== undefined);
  if (closed === undefined) return { file, args, as: account };
  const capability = capabilityToEnter(closed, account);
  return {
    file: 'setpriv',
    args: [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      // Without it, access(2), by which Postgres checks its programs, knows of no capability.
      '--securebits=+no_setuid_fixup',
      `--inh-caps=-all,+${capability}`,
      `--ambient-caps=-all,+${capability}`,
      '--',
      file,
      ...args,
    ],
  };
}

const NOBODY: PostgresAccount = { uid: 65534, gid: 65534 };

function named(name: string): PostgresAccount | undefined {
  const line = new RegExp(`^${name}:[^:]*:(?<uid>\\d+):(?<gid>\\d+):`, 'm');
  const { uid, gid } = line.exec(readFileSync('/etc/passwd', 'utf8'))?.groups ?? {};
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** The outermost folder above `path` that the account may not enter. */
function closedFolder(path: string, account: PostgresAccount): string | undefined {
  const parent = dirname(path);
  if (parent === path) return undefined;
  return closedFolder(parent, account) ?? (mayEnter(parent, account) ? undefined : parent);
}

function mayEnter(folder: string, { uid, gid }: PostgresAccount): boolean {
  const entry = lstatSync(folder);
  const bit = entry.uid === uid ? 0o100 : entry.gid === gid ? 0o010 : 0o001;
  return (entry.mode & bit) !== 0;
}

const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_DAC_READ_SEARCH = 1n << 2n;

/** Containers often leave root the first of these, and not the second, which grants less. */
function capabilityToEnter(folder: string, { uid }: PostgresAccount): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const { mask: hexadecimal = '0' } = /^CapEff:\s*(?<mask>[0-9a-f]+)/m.exec(status)?.groups ?? {};
  const mask = BigInt(`0x${hexadecimal}`);
  if (mask & CAP_DAC_READ_SEARCH) return 'dac_read_search';
  if (mask & CAP_DAC_OVERRIDE) return 'dac_override';
  throw new Error(
    `Postgres does not run as root, and the user ${uid} it would run as may not enter ${folder}: ` +
      `move to a folder that others may enter, start as an ordinary user, or give the URL of a database`,
  );
}
