import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { FolderLock } from './folder-lock.ts';
import { postgresAccount } from './postgres-account.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { openCluster, SUPERUSER } from './postgres-cluster.ts';
import { settingsAsArguments, type PostgresSettings } from './postgres-settings.ts';
import { stopPostmaster, type Postmaster } from './postmaster.ts';
import { socketDirectory, type SocketDirectory } from './socket-directory.ts';
import { startPostmaster } from './start-postmaster.ts';

export interface EmbeddedPostgresOptions {
  /** Settings beside, or instead of, those that suit a registry. */
  readonly settings?: PostgresSettings;
  readonly binaries?: PostgresBinaries;
  /** Told, in a sentence, when Postgres ends by itself and when it runs again. */
  readonly report?: (sentence: string) => void;
}

/** Another process supervises the Postgres of the folder. */
export class EmbeddedPostgresInUseError extends Error {
  override readonly name = 'EmbeddedPostgresInUseError';
}

/** A Postgres, as a program finds it that needs it for a while. */
export interface ReachedPostgres {
  readonly connection: Connection;
  stop(): Promise<void>;
}

const LONGEST_PAUSE = 10_000;

/**
 * Our own Postgres, in a folder that belongs to one server at a time.
 *
 * It runs until `stop()`, and is started again when it ends by itself. One that outlived its server, after
 * a kill -9, is taken over by the next.
 */
export class EmbeddedPostgres {
  readonly connection: Connection;
  /** Whether it was running already when this server started. */
  readonly adopted: boolean;
  readonly #report: (sentence: string) => void;
  readonly #stopping = new AbortController();
  readonly #start: () => Promise<Postmaster>;
  readonly #release: () => void;
  readonly #supervision: Promise<void>;
  #postmaster: Postmaster;

  private constructor(
    postmaster: Postmaster,
    connection: Connection,
    start: () => Promise<Postmaster>,
    release: () => void,
    report: (sentence: string) => void,
  ) {
    this.#postmaster = postmaster;
    this.connection = connection;
    this.adopted = postmaster.adopted;
    this.#start = start;
    this.#release = release;
    this.#report = report;
    this.#supervision = this.#supervise();
  }

  static async start(
    folder: string,
    { settings, binaries, report = () => undefined }: EmbeddedPostgresOptions = {},
  ): Promise<EmbeddedPostgres> {
    mkdirSync(folder, { recursive: true });
    const path = realpathSync(folder);
    const account = postgresAccount(path);
    const lock = lockOf(path);
    let socket: SocketDirectory | undefined;
    try {
      const cluster = await openCluster(path, account, binaries ?? (await postgresBinaries()));
      const opened = (socket = socketDirectory(cluster.run));
      const connection = { socketDirectory: opened.path, user: SUPERUSER, database: 'postgres' };
      const start = () => startPostmaster(cluster, settingsAsArguments(settings), connection);
      const release = () => {
        opened.close();
        lock.release();
      };
      return new EmbeddedPostgres(await start(), connection, start, release, report);
    } catch (error) {
      socket?.close();
      lock.release();
      throw error;
    }
  }

  /** For a program beside the server: the Postgres that runs for that, or else one that runs until `stop()`. */
  static async reach(folder: string): Promise<ReachedPostgres> {
    try {
      return await EmbeddedPostgres.start(folder);
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresInUseError)) throw error;
      const directory = socketDirectory(join(realpathSync(folder), 'run'));
      return {
        connection: { socketDirectory: directory.path, user: SUPERUSER, database: 'postgres' },
        stop: async () => {
          directory.close();
        },
      };
    }
  }

  get pid(): number {
    return this.#postmaster.pid;
  }

  /** Ends after Postgres has ended. What it was asked meanwhile is rolled back. */
  async stop(): Promise<void> {
    if (this.#isStopping()) return this.#supervision;
    this.#stopping.abort();
    await stopPostmaster(this.#postmaster);
    await this.#supervision;
    this.#release();
  }

  async #supervise(): Promise<void> {
    for (;;) {
      await this.#postmaster.ended;
      if (this.#isStopping()) return;
      this.#report('Postgres has ended by itself; starting it again');
      const postmaster = await this.#startAgain();
      if (!postmaster) return;
      this.#postmaster = postmaster;
      this.#report('Postgres runs again');
    }
  }

  /** Tries until it runs, or until `stop()`: a full disk, say, may not stay full. */
  async #startAgain(): Promise<Postmaster | undefined> {
    for (let pause = 100; !this.#isStopping(); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const postmaster = await this.#start();
        if (!this.#isStopping()) return postmaster;
        await stopPostmaster(postmaster);
      } catch (error) {
        this.#report(String(error));
        await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

function lockOf(folder: string): FolderLock {
  const path = join(folder, 'lock');
  const lock = FolderLock.take(path);
  if (lock) return lock;
  throw new EmbeddedPostgresInUseError(
    `the database in ${folder} is in use by another Slipway, process ${FolderLock.holder(path)}`,
  );
}
