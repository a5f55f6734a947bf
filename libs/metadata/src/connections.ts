import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Around } from './around.ts';
import { MetadataUnavailableError, translated } from './errors.ts';
import type { Servers } from './servers.ts';

/** For so long after it has gone away, the database is waited for; what is away for longer is said at once. */
const PATIENCE = 5_000;

const pause = () => 100 * (1 + Math.random());

/** How the database is reached. */
export interface Reached {
  readonly around: Around;
  readonly servers: Servers | undefined;
  /** Whether each transaction may be on another connection of a pooler. */
  readonly pooledByTransaction: boolean;
}

/** A connection that somebody has for himself. */
export interface KeptConnection {
  readonly client: pg.PoolClient;
  /** Aborted when it is of no use any more. */
  readonly lost: AbortSignal;
  readonly leave: () => void;
}

/** The connections to the database that this process has. */
export interface PoolReport {
  readonly open: number;
  /** Of the open ones, those that nobody uses. */
  readonly idle: number;
  /** Who waits for one. */
  readonly waiting: number;
}

/**
 * Connections to a database that may restart, run out of them, or be taken over by another server: whoever needs
 * one waits, a few seconds after it has gone away, and then gets a `MetadataUnavailableError`.
 *
 * What one connection tells of its server counts for all that are as old: they are given to nobody any more.
 */
export class Connections {
  /** Goes around what is done on them, and around the wait for one. */
  readonly around: Around;
  readonly pooledByTransaction: boolean;
  readonly #pool: pg.Pool;
  readonly #servers: Servers | undefined;
  readonly #generations = new WeakMap<pg.PoolClient, number>();
  readonly #kept = new Set<() => void>();
  #generation = 0;
  #awaySince: number | undefined;
  #closing = false;

  constructor(pool: pg.Pool, { around, servers, pooledByTransaction }: Reached) {
    this.#pool = pool;
    this.around = around;
    this.#servers = servers;
    this.pooledByTransaction = pooledByTransaction;
    pool.on('connect', (client) => this.#generations.set(client, this.#generation));
    pool.on('error', () => {
      this.#renew();
    });
  }

  /** To be released by the caller. */
  async take(): Promise<pg.PoolClient> {
    const begun = performance.now();
    for (;;) {
      try {
        const client = await this.#pool.connect();
        if ((this.#generations.get(client) ?? 0) === this.#generation) {
          this.#awaySince = undefined;
          return client;
        }
        client.release(true);
      } catch (error) {
        const said = translated(error);
        this.#awaySince ??= begun;
        const waited = performance.now() - this.#awaySince;
        const mayReturn = said instanceof MetadataUnavailableError && !this.#closing;
        if (!mayReturn || waited > PATIENCE) throw said;
        await sleep(pause());
      }
    }
  }

  /**
   * Runs `work` on a connection, which is closed afterwards if it broke or was told to `drop`. When the database goes
   * away meanwhile, `work` runs again for a few seconds: if it is certain that it has done nothing, or if it is
   * `repeatable`.
   */
  async use<T>(
    work: (client: pg.PoolClient, drop: () => void) => Promise<T>,
    { repeatable = false } = {},
  ): Promise<T> {
    const begun = performance.now();
    for (;;) {
      const client = await this.around('pool.connect', () => this.take());
      let broken = false;
      const drop = () => {
        broken = true;
      };
      try {
        return await work(client, drop);
      } catch (error) {
        if (!(error instanceof MetadataUnavailableError)) throw error;
        drop();
        this.#heed(error);
        // A server that has too much to do is not asked the same again.
        const mayRepeat = error.isWithoutEffect || (repeatable && !error.isBusy);
        if (!mayRepeat || performance.now() - begun > PATIENCE) throw error;
      } finally {
        client.release(broken);
      }
      await sleep(pause());
    }
  }

  /** For as long as it lasts. */
  async keep(): Promise<KeptConnection> {
    const client = await this.take();
    const lost = new AbortController();
    // A connection that breaks tells of its error and then of its end; the pool takes it back once.
    const leave = () => {
      if (lost.signal.aborted) return;
      lost.abort(new MetadataUnavailableError('a connection that was to last broke'));
      this.#kept.delete(leave);
      client.release(true);
    };
    const broke = () => {
      if (lost.signal.aborted) return;
      this.#renew();
      leave();
    };
    client.once('error', broke);
    client.once('end', broke);
    this.#kept.add(leave);
    return { client, lost: lost.signal, leave };
  }

  get report(): PoolReport {
    const { totalCount: open, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { open, idle, waiting };
  }

  /** Whoever waits for the database waits no longer. */
  close(): void {
    this.#closing = true;
  }

  #heed(error: MetadataUnavailableError): void {
    if (error.isBusy) return;
    this.#renew();
    if (error.isWithoutEffect || error.isSilence) for (const leave of this.#kept) leave();
  }

  #renew(): void {
    this.#generation++;
    this.#servers?.forget();
  }
}
