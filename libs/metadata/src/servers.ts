import pg from 'pg';
import { MetadataUnavailableError, translated } from './errors.ts';

/** In milliseconds, for each of a server's answers while it is looked for. */
const LIMIT = 3_000;

interface Place {
  readonly host: string;
  readonly port: number;
}

/** The servers of one database, of which one takes writes: which, they are asked when it is not known any more. */
export class Servers {
  readonly urls: readonly string[];
  #primary: Promise<Place> | undefined;

  constructor(urls: readonly string[]) {
    this.urls = urls;
  }

  /** All are asked at once: one that is gone may take long to say nothing. */
  async primary(): Promise<Place> {
    this.#primary ??= this.#find();
    return this.#primary;
  }

  /** The one that took writes may not be the one that does. */
  forget(): void {
    this.#primary = undefined;
  }

  async #find(): Promise<Place> {
    try {
      return await Promise.any(this.urls.map(askWhetherItWrites));
    } catch (error) {
      this.forget();
      const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
      const away = errors.filter((each) => each instanceof MetadataUnavailableError);
      if (away.length === 0) throw errors[0];
      throw new MetadataUnavailableError(away.map((each) => each.reason).join('; '));
    }
  }
}

/** Connects as `pg` does, to whichever of the servers takes writes. */
export function clientOf(servers: Servers): typeof pg.Client {
  return class extends pg.Client {
    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error | null) => void): void;
    override connect(callback?: (error: Error | null) => void): Promise<pg.Client> | undefined {
      const connected = this.#connect();
      if (callback === undefined) return connected;
      connected.then(() => {
        callback(null);
      }, callback);
      return undefined;
    }

    async #connect(): Promise<pg.Client> {
      Object.assign(this, await servers.primary());
      try {
        return await super.connect();
      } catch (error) {
        servers.forget();
        throw error;
      }
    }
  };
}

async function askWhetherItWrites(url: string): Promise<Place> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: LIMIT,
    query_timeout: LIMIT,
  });
  client.on('error', () => undefined);
  const { host, port } = client;
  try {
    await client.connect();
    const { rows } = await client.query<{ readOnly: string }>(
      `select current_setting('transaction_read_only') as "readOnly"`,
    );
    if (rows[0]?.readOnly !== 'off') throw new MetadataUnavailableError('it takes no writes');
    return { host, port };
  } catch (error) {
    const told = translated(error);
    throw told instanceof MetadataUnavailableError
      ? new MetadataUnavailableError(`${host}:${port}: ${told.reason}`)
      : told;
  } finally {
    client.end().catch(() => undefined);
  }
}
