import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Connection, EmbeddedPostgres } from '@slipway/metadata';
import type { BlobStore } from '@slipway/storage';
import { givenDatabase } from '../given-database.ts';
import type { Settings } from '../settings.ts';
import { openStorage } from '../storage.ts';

/** Where the registry of the settings keeps what it has, for a program beside its servers. */
export interface Places {
  readonly store: BlobStore;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** Of a registry that is there; throws rather than making another, where a setting leads to an empty place. */
export async function findPlaces(settings: Settings): Promise<Places> {
  const dataDir = resolve(settings.SLIPWAY_DATA_DIR);
  if (settings.SLIPWAY_STORAGE === 'disk') requireThere(join(dataDir, 'blobs'));
  const store = await openStorage(settings, dataDir);
  return { store, ...(await findDatabase(settings)) };
}

/** The database of such a registry, which may still have to be migrated. */
export async function findDatabase(settings: Settings): Promise<Omit<Places, 'store'>> {
  const connection = givenDatabase(settings);
  if (connection !== undefined) return { connection, close: async () => undefined };
  const folder = join(resolve(settings.SLIPWAY_DATA_DIR), 'postgres');
  requireThere(join(folder, 'cluster'));
  const postgres = await EmbeddedPostgres.reach(folder);
  return { connection: postgres.connection, close: () => postgres.stop() };
}

function requireThere(path: string): void {
  if (existsSync(path)) return;
  throw new Error(
    `there is no ${path}: run this with the settings of the server, SLIPWAY_DATA_DIR among them`,
  );
}

/** For a registry that is to be there; its server must not run. */
export async function makePlaces(settings: Settings): Promise<Places> {
  const dataDir = resolve(settings.SLIPWAY_DATA_DIR);
  const store = await openStorage(settings, dataDir);
  const connection = givenDatabase(settings);
  if (connection !== undefined) return { store, connection, close: async () => undefined };
  const postgres = await EmbeddedPostgres.start(join(dataDir, 'postgres'));
  return { store, connection: postgres.connection, close: () => postgres.stop() };
}
