import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnMonitor } from './host-programs.ts';
import { type OciRuntime, startFailure } from './oci-runtime.ts';

export interface MonitoredContainer {
  readonly id: string;
  readonly name: string;
  readonly bundle: string;
  /** A folder of the container's: `log`, `exit/<id>`, `oom` and the pid files come to lie in it. */
  readonly folder: string;
}

/**
 * Creates a container whose parent is conmon and not this process: it outlives us, keeps the container's output
 * in `log` and its exit code in `exit/<id>`. Returns the number of the container's first process, which waits to
 * be started.
 */
export async function createMonitored(
  runtime: OciRuntime,
  { id, name, bundle, folder }: MonitoredContainer,
): Promise<number> {
  const exitFolder = join(folder, 'exit');
  await mkdir(exitFolder, { recursive: true, mode: 0o700 });
  const answer = await spawnMonitor(
    [
      ...['--api-version', '1'],
      ...['--cid', id, '--cuuid', id, '--name', name],
      ...['--runtime', runtime.path, '--runtime-arg', `--root=${runtime.root}`],
      ...['--bundle', bundle],
      ...[
        '--container-pidfile',
        join(folder, 'pid'),
        '--conmon-pidfile',
        join(folder, 'conmon.pid'),
      ],
      ...['--log-path', `k8s-file:${join(folder, 'log')}`],
      ...['--exit-dir', exitFolder],
      ...['--socket-dir-path', folder],
      '--full-attach',
    ],
    folder,
  );
  if (answer.pid > 0) return answer.pid;
  throw startFailure(answer.message);
}
