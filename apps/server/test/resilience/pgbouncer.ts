import { chmod, chown, stat, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { findTool } from '../../../../scripts/host-tools.mjs';
import { startDaemon } from '../daemon.ts';
import { tempFolder } from '../temp-folder.ts';

/** PgBouncer in front of a Postgres, giving out few connections, for a transaction each. */
export interface PgBouncer {
  readonly url: string;
  log(): string;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Behind {
  readonly socketDirectory: string;
  readonly user: string;
  readonly database: string;
}

export async function pgBouncer({ socketDirectory, user, database }: Behind): Promise<PgBouncer> {
  const folder = await tempFolder('pgbouncer');
  const port = await freePort();
  const config = join(folder.path, 'pgbouncer.ini');
  await writeFile(
    config,
    `[databases]
${database} = host=${socketDirectory} user=${user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
`,
  );
  const { uid, gid } = await stat(socketDirectory);
  await chown(folder.path, uid, gid);
  await chmod(config, 0o644);
  const start = () =>
    startDaemon({
      // It does not run as root, and Postgres lets nobody but its own user in.
      program: 'setpriv',
      args: [
        ...(process.getuid?.() === 0 ? [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : []),
        findTool('pgbouncer') ?? 'pgbouncer',
        config,
      ],
      env: { PATH: process.env.PATH ?? '' },
      folder: folder.path,
      isReady: () => answers(port),
    });
  let daemon = await start();
  return {
    url: `postgres://${user}@127.0.0.1:${port}/${database}`,
    log: () => daemon.log(),
    restart: async () => {
      await daemon.kill9();
      daemon = await start();
    },
    stop: async () => {
      await daemon.stop();
      await folder.remove();
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
