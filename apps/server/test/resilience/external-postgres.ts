import net, { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { EmbeddedPostgres } from '@slipway/metadata';

/** Where a statement is on its way: asked for and not yet there, or done and not yet known to be. */
export type Moment = 'on its way to the database' | 'done, and its answer on its way back';

/** A Postgres that belongs to nobody's data folder, reached over TCP. */
export interface ExternalPostgres {
  readonly url: string;
  start(): Promise<void>;
  /** As when its machine goes down: connections break, new ones are refused. */
  stop(): Promise<void>;
  /**
   * Resolves when the next message that has `words` in it has come to that moment, where its connection then
   * stays until `release`. Rejects when none comes.
   */
  holdNext(words: string, moment: Moment): Promise<void>;
  /** Lets what is held go on, as if the network had come back. */
  release(): void;
  /** Lets nothing of it arrive. */
  drop(): void;
}

const patience = 10_000;

export async function externalPostgres(folder: string): Promise<ExternalPostgres> {
  let postgres: EmbeddedPostgres | undefined;
  let wanted: { words: string; moment: Moment; reached: () => void } | undefined;
  const open = new Set<net.Socket>();
  const stopped = new Set<net.Socket>();

  const stop = (from: net.Socket, bytes: Buffer, reached: () => void) => {
    from.pause();
    from.unshift(bytes);
    stopped.add(from);
    reached();
  };
  const letGo = (how: (socket: net.Socket) => void) => {
    stopped.forEach(how);
    stopped.clear();
  };
  const relay = (from: net.Socket, to: net.Socket, take: (bytes: Buffer) => void) => {
    open.add(from);
    from.on('error', () => undefined);
    from.on('data', take);
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
  };
  const connectThrough = (client: net.Socket, database: net.Socket) => {
    let answered: (() => void) | undefined;
    relay(client, database, (bytes) => {
      if (wanted === undefined || !bytes.includes(wanted.words)) {
        database.write(bytes);
        return;
      }
      const { moment, reached } = wanted;
      wanted = undefined;
      if (moment === 'on its way to the database') {
        stop(client, bytes, reached);
        return;
      }
      answered = reached;
      database.write(bytes);
    });
    relay(database, client, (bytes) => {
      if (answered === undefined) {
        client.write(bytes);
        return;
      }
      stop(database, bytes, answered);
      answered = undefined;
    });
  };

  const server = net.createServer((client) => {
    const { connection } = postgres ?? {};
    if (connection === undefined || !('socketDirectory' in connection)) {
      client.destroy();
      return;
    }
    const upstream = net.connect(join(connection.socketDirectory, '.s.PGSQL.5432'));
    connectThrough(client, upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');

  const start = async () => {
    postgres = await EmbeddedPostgres.start(join(folder, 'external-postgres'));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  return {
    url: `postgres://slipway@127.0.0.1:${port}/postgres`,
    start,
    stop: async () => {
      if (postgres === undefined) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
      await postgres.stop();
      postgres = undefined;
    },
    holdNext: (words, moment) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          reject(new Error(`nothing with ${JSON.stringify(words)} was asked of the database`));
        }, patience);
        const reached = () => {
          clearTimeout(late);
          resolve();
        };
        wanted = { words, moment, reached };
      }),
    release: () => letGo((socket) => socket.resume()),
    drop: () => letGo((socket) => socket.destroy()),
  };
}
