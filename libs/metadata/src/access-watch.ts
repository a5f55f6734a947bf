import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connections } from './connections.ts';
import type { Sql, Statement } from './sql.ts';

/** How often the version is asked for. */
const HEARTBEAT = 300;

/** How old the last look may be for anything remembered to count. */
const STALE = 900;

const LISTEN_AGAIN = 1000;

/** A database that has not answered for so long is not waited for by those who come then. */
const SILENT = 10_000;

/**
 * Tells whether who may do what has changed, so that answers about it may be remembered.
 *
 * INVARIANT: an answer that was remembered under `epoch` is right, on any replica, or wrong for less than a
 * second. Postgres notifies every replica at the commit of a change, which takes a millisecond. The version
 * is asked for as well, a few times a second, for a connection may die without a word, and a pooler that
 * gives connections by transaction passes on no notifications. While the database does not answer, `epoch` is `undefined` and nothing is remembered.
 */
export class AccessWatch {
  readonly #connections: Connections;
  readonly #sql: Sql;
  readonly #stopped = new AbortController();
  readonly #running: Promise<unknown>;
  #changes = 0;
  #version = -1;
  #lookedAt = -Infinity;
  #endListening: (() => void) | undefined;

  constructor(connections: Connections, sql: Sql) {
    this.#connections = connections;
    this.#sql = sql;
    this.#running = Promise.all([
      this.#look(),
      ...(connections.pooledByTransaction ? [] : [this.#listen()]),
    ]);
  }

  /** Answers that were had under one number may be remembered while it is the same. */
  get epoch(): number | undefined {
    return performance.now() - this.#lookedAt < STALE ? this.#changes : undefined;
  }

  /** This process has changed something: it must not wait to be told. */
  changed(): void {
    this.#changes++;
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#endListening?.();
    await this.#running;
  }

  async #look(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const begun = performance.now();
      try {
        const [row] = await this.#sql.query(VERSION, []);
        // Who took over from a database that was lost may not have all that was there, but as many changes.
        const wasAway = begun - this.#lookedAt > STALE;
        if (wasAway || row?.version !== this.#version) this.changed();
        this.#version = row?.version ?? -1;
        this.#lookedAt = begun;
      } catch {
        // `lookedAt` grows old, and nothing is remembered until the database answers again.
      }
      await this.#pause(HEARTBEAT);
    }
  }

  async #listen(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#listenOnce();
      } catch {
        // The look at the version goes on meanwhile.
      }
      await this.#pause(LISTEN_AGAIN);
    }
  }

  /** Ends when the connection does. */
  async #listenOnce(): Promise<void> {
    const { client, lost, leave } = await this.#connections.keep();
    this.#endListening = leave;
    client.on('notification', () => {
      this.changed();
    });
    try {
      await client.query('listen access_changed');
      this.changed();
      if (!this.#stopped.signal.aborted && !lost.aborted) await once(lost, 'abort');
    } finally {
      leave();
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopped.signal, ref: false }).catch(
      () => undefined,
    );
  }
}

const VERSION: Statement<{ version: number }> = {
  name: 'access-version.read',
  text: 'select version from access_version',
  limit: SILENT,
};
