import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EmbeddedPostgres } from '@slipway/metadata';
import { postgresOf, signalAll } from './processes.ts';

/** A Postgres and its standby, without which nothing is acknowledged; each reached over TCP. */
export interface ReplicatedPostgres {
  /** Both, the standby first. */
  readonly url: string;
  /** As when its machine goes down: connections break, new ones are refused, and it does not come back. */
  losePrimary(): Promise<void>;
  /** Makes the standby the one that takes writes. */
  promoteStandby(): Promise<void>;
  stop(): Promise<void>;
}

const settings = { wal_level: 'replica', max_wal_senders: 4 };

export async function replicatedPostgres(folder: string): Promise<ReplicatedPostgres> {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await (await EmbeddedPostgres.start(one, { settings })).stop();
  await cp(join(one, 'cluster'), join(two, 'cluster'), { recursive: true });
  await writeFile(join(two, 'cluster', 'standby.signal'), '');

  const primary = await EmbeddedPostgres.start(one, {
    settings: { ...settings, synchronous_standby_names: '*' },
  });
  const standby = await EmbeddedPostgres.start(two, {
    settings: {
      ...settings,
      primary_conninfo: `host=${socketOf(primary)} user=slipway dbname=postgres`,
    },
  });
  const [toPrimary, toStandby] = [await relay(primary), await relay(standby)];
  return {
    url: `postgres://slipway@127.0.0.1:${toStandby.port},127.0.0.1:${toPrimary.port}/postgres?target_session_attrs=read-write`,
    losePrimary: async () => {
      const pids = await postgresOf(one);
      await toPrimary.close();
      const stopped = primary.stop(); // so that it is not started again
      signalAll(pids, 'SIGKILL');
      await stopped;
    },
    promoteStandby: async () => {
      // As pg_ctl does it.
      await writeFile(join(two, 'cluster', 'promote'), '');
      process.kill(standby.pid, 'SIGUSR1');
    },
    stop: async () => {
      await Promise.all([toPrimary.close(), toStandby.close()]);
      await standby.stop();
      await primary.stop();
    },
  };
}

function socketOf({ connection }: EmbeddedPostgres): string {
  if (!('socketDirectory' in connection)) throw new Error('it has no socket');
  return connection.socketDirectory;
}

async function relay(postgres: EmbeddedPostgres) {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const database = net.connect(join(socketOf(postgres), '.s.PGSQL.5432'));
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      open.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
