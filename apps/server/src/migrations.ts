import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Connection,
  MetadataUnavailableError,
  migrate,
  pendingMigrations,
} from '@slipway/metadata';

/** A database that is still starting, as beside us in a compose file, gets this long; so does who migrates it. */
const PATIENCE = 60_000;

/** Somebody else is to migrate the database, and has not done so yet. */
export class NotMigratedError extends Error {
  override readonly name = 'NotMigratedError';

  constructor(readonly pending: readonly string[]) {
    super(
      `the database lacks ${pending.length} migrations, ${pending[0] ?? ''} first; ` +
        `run "slipway-server migrate" with the settings of this server, or set SLIPWAY_MIGRATE=on`,
    );
  }
}

/** Tells, in words, what it waits for. */
type Tell = (sentence: string) => void;

/** Answers the names of the migrations that it ran. */
export async function migrateOnceThere(
  connection: Connection,
  tell: Tell,
): Promise<readonly string[]> {
  return patiently(() => migrate(connection), tell);
}

/** Waits for whoever migrates the database. */
export async function untilMigrated(
  connection: Connection,
  tell: Tell,
  patience = PATIENCE,
): Promise<void> {
  const look = async () => {
    const pending = await pendingMigrations(connection);
    if (pending.length > 0) throw new NotMigratedError(pending);
  };
  await patiently(look, tell, patience);
}

async function patiently<T>(work: () => Promise<T>, tell: Tell, patience = PATIENCE): Promise<T> {
  const giveUp = Date.now() + patience;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || Date.now() > giveUp) throw error;
      tell(`waiting: ${error.message}`);
      await sleep(1000);
    }
  }
}

function mayPass(error: unknown): error is Error {
  return error instanceof MetadataUnavailableError || error instanceof NotMigratedError;
}
