import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type Connection,
  EmbeddedPostgres,
  Metadata,
  MetadataUnavailableError,
  migrate,
} from '@slipway/metadata';
import {
  Blobs,
  type GarbageTimes,
  Manifests,
  Referrers,
  Repositories,
  Uploads,
} from '@slipway/registry';
import type { Logger } from 'pino';
import { ensureAdministrator } from './administrator.ts';
import { createApp } from './app.ts';
import { Authentication } from './auth/authentication.ts';
import { Passwords } from './auth/passwords.ts';
import { Tokens } from './auth/tokens.ts';
import { startGarbageJob } from './jobs/garbage.job.ts';
import { Metrics } from './metrics.ts';
import { checkPublicUrl } from './public-url.ts';
import { readiness } from './readiness.ts';
import type { Settings } from './settings.ts';
import { openStorage } from './storage.ts';

/** A database that is still starting, as beside us in a compose file, gets this long. */
const DATABASE_PATIENCE = 60_000;

/** Longer than anybody reads one blob. In seconds; less where garbage is to go sooner. */
const DELETION_DELAY = 3600;

export interface Server {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** The administrator's password, if it was made on this start. */
  readonly generatedPassword: string | undefined;
  /** Lets requests under way finish for a while, then ends everything that was started. */
  stop(): Promise<void>;
}

/** Starts everything in order; what was started before a failure is stopped again, last first. */
export async function startServer(settings: Settings, log: Logger): Promise<Server> {
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const dataDir = resolve(settings.SLIPWAY_DATA_DIR);
    mkdirSync(dataDir, { recursive: true, mode: 0o750 });
    const store = await openStorage(settings, dataDir);
    const connection = await database(settings, dataDir, log, started);
    await migrated(connection, log);
    const metadata = await Metadata.connect(connection, {
      maxConnections: settings.SLIPWAY_DATABASE_CONNECTIONS,
    });
    started.push(() => metadata.close());

    const { generated } = await ensureAdministrator(
      metadata,
      settings.SLIPWAY_ADMIN_USERNAME,
      settings.SLIPWAY_ADMIN_PASSWORD,
    );
    const times: GarbageTimes = {
      reviewDelay: settings.SLIPWAY_GARBAGE_DELAY,
      deletionDelay: Math.min(DELETION_DELAY, settings.SLIPWAY_GARBAGE_DELAY),
      uploadExpiry: settings.SLIPWAY_UPLOAD_EXPIRY,
      now: Date.now,
    };
    const registry = {
      blobs: new Blobs(metadata, store, times),
      manifests: new Manifests(metadata, times, settings.SLIPWAY_SPARSE_MANIFESTS),
      referrers: new Referrers(metadata),
      repositories: new Repositories(metadata),
      uploads: new Uploads(metadata, store, times, randomUUID),
    };
    const passwords = new Passwords(metadata);
    const tokens = await Tokens.load(metadata, settings.SLIPWAY_TOKEN_LIFETIME);
    const authentication = new Authentication(passwords, tokens);
    const metrics = new Metrics();
    const parts = {
      authentication,
      log,
      metrics,
      passwords,
      tokens,
      readiness: readiness(metadata, store),
    };
    const app = await createApp(settings, registry, parts);
    await app.listen(settings.SLIPWAY_PORT, settings.SLIPWAY_HOST);
    started.push(() => closed(app, settings.SLIPWAY_STOP_TIMEOUT * 1000));

    const interval = settings.SLIPWAY_GARBAGE_INTERVAL * 1000;
    const garbage = startGarbageJob({ metadata, store, times, metrics, log }, interval);
    started.push(() => garbage.stop());
    void checkPublicUrl(settings.SLIPWAY_PUBLIC_URL, log);
    return { url: await app.getUrl(), generatedPassword: generated, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function database(
  settings: Settings,
  dataDir: string,
  log: Logger,
  started: (() => Promise<void>)[],
): Promise<Connection> {
  if (settings.SLIPWAY_DATABASE_URL !== undefined) return { url: settings.SLIPWAY_DATABASE_URL };
  const postgres = await EmbeddedPostgres.start(join(dataDir, 'postgres'), {
    report: (sentence) => {
      log.error(sentence);
    },
  });
  started.push(() => postgres.stop());
  return postgres.connection;
}

async function migrated(connection: Connection, log: Logger): Promise<void> {
  const giveUp = Date.now() + DATABASE_PATIENCE;
  for (;;) {
    try {
      const names = await migrate(connection);
      if (names.length > 0) log.info({ migrations: names }, 'migrated the database');
      return;
    } catch (error) {
      if (!(error instanceof MetadataUnavailableError) || Date.now() > giveUp) throw error;
      log.warn(`waiting for the database: ${error.message}`);
      await sleep(1000);
    }
  }
}

async function closed(app: NestFastifyApplication, patience: number): Promise<void> {
  const impatient = setTimeout(() => {
    app.getHttpServer().closeAllConnections();
  }, patience);
  await app.close();
  clearTimeout(impatient);
}
