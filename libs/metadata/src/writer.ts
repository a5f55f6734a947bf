import type { Connections } from './connections.ts';
import { translated } from './errors.ts';
import { WRITER_LOCKS } from './uploads.table.ts';

/** This process among those that write uploads. */
export interface Writer {
  readonly id: number;
  /** Aborted when others may take this process for dead: what it writes must stop then. */
  readonly lost: AbortSignal;
}

/**
 * Gives the process its writer number and holds the advisory lock that shows it alive. The lock belongs to
 * a connection, so it ends with the process, however that ends; behind a pooler, to a transaction that is left
 * open, for so long the connection stays ours. When the connection breaks, the number is given up and the next
 * caller gets a fresh one.
 */
export class Writers {
  readonly #connections: Connections;
  #current: Promise<Enlisted> | undefined;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async current(): Promise<Writer> {
    this.#current ??= this.#enlist();
    try {
      return await this.#current;
    } catch (error) {
      this.#current = undefined;
      throw translated(error);
    }
  }

  async close(): Promise<void> {
    const enlisted = await this.#current?.catch(() => undefined);
    enlisted?.leave();
  }

  async #enlist(): Promise<Enlisted> {
    const { client, lost, leave } = await this.#connections.keep();
    lost.addEventListener('abort', () => {
      this.#current = undefined;
    });
    try {
      const { rows } = await client.query<{ id: number }>(NUMBER);
      const id = Number(rows[0]?.id);
      const { pooledByTransaction } = this.#connections;
      if (pooledByTransaction) await client.query(OPEN);
      await client.query(pooledByTransaction ? HOLD_IN_TRANSACTION : HOLD, [WRITER_LOCKS, id]);
      return { id, lost, leave };
    } catch (error) {
      leave();
      throw error;
    }
  }
}

interface Enlisted extends Writer {
  readonly leave: () => void;
}

const NUMBER = `select nextval('writers') as id`;

/** A transaction that has read and written nothing keeps nobody from anything, however long it lasts. */
const OPEN = 'begin; set local idle_in_transaction_session_timeout = 0';

const HOLD = 'select pg_advisory_lock($1::integer, $2::integer)';
const HOLD_IN_TRANSACTION = 'select pg_advisory_xact_lock($1::integer, $2::integer)';
