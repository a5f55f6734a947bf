import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly disk: string;
  /** The load average of the minute before, without this run's own load. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${distribution()}, Linux ${release()}, Node ${process.versions.node}`,
    disk: fileSystem(),
    load: loadavg()[0] ?? 0,
  };
}

const distribution = (): string =>
  /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';

/** The file system under the servers' folders, by the numbers that statfs(2) knows it by. */
function fileSystem(): string {
  const names: Readonly<Record<number, string>> = {
    0xef53: 'ext4',
    0x58465342: 'xfs',
    0x9123683e: 'btrfs',
    0x01021994: 'tmpfs',
    0x794c7630: 'overlayfs',
  };
  const { type } = statfsSync(import.meta.dirname);
  return names[type] ?? `file system 0x${type.toString(16)}`;
}
