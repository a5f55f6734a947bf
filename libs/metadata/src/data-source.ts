import { migrations as all } from '@slipway/migrations';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { type Connection, isPooledByTransaction } from './connection.ts';
import { rows } from './rows.ts';
import { clientOf, Servers } from './servers.ts';

export interface DataSourceOptions {
  /** How many connections the pool may hold. */
  readonly maxConnections?: number;
  /** How long a statement may run before Postgres cancels it. 0 is without limit. */
  readonly statementTimeout?: number;
  /** The migrations that it knows of; by default every one. */
  readonly migrations?: typeof all;
  /** Those of the connection, when somebody else knows of them too. */
  readonly servers?: Servers | undefined;
}

/** Several servers; one has no need to be looked for. */
export function serversOf(connection: Connection): Servers | undefined {
  return 'urls' in connection && connection.urls.length > 1
    ? new Servers(connection.urls)
    : undefined;
}

/**
 * Every statement of ours finds its rows by an index and is planned once on a connection. What Postgres would
 * make of the sizes that tables have just then, a scan of what was empty a minute ago, is worse.
 */
const PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

const sessionSettings = (statementTimeout: number) => ({
  options: PLANS,
  statement_timeout: statementTimeout,
  idle_in_transaction_session_timeout: 60_000,
});

const CONNECT_TIMEOUT = 10_000;
const ANSWER_MARGIN = 5_000;

/**
 * The entities, the migrations and a pool of connections. Nothing is connected before `initialize()`.
 *
 * The pool outlives the database: a connection that breaks is dropped, and the next statement opens
 * another. A server that stops answering without closing its connections is noticed by our own clock,
 * shortly after Postgres would have cancelled the statement.
 */
export function dataSource(
  connection: Connection,
  {
    maxConnections = 20,
    statementTimeout = 30_000,
    migrations = all,
    servers = serversOf(connection),
  }: DataSourceOptions = {},
): DataSource {
  return new DataSource({
    type: 'postgres',
    ...('socketDirectory' in connection && {
      host: connection.socketDirectory,
      username: connection.user,
      database: connection.database,
    }),
    entities: [...rows],
    migrations: [...migrations],
    synchronize: false,
    logging: false,
    installExtensions: false,
    applicationName: 'slipway',
    poolSize: maxConnections,
    connectTimeoutMS: CONNECT_TIMEOUT,
    poolErrorHandler: ignoreBrokenConnection,
    extra: {
      ...('urls' in connection && { connectionString: connection.urls[0] }),
      ...(servers !== undefined && { Client: clientOf(servers) }),
      ...(!isPooledByTransaction(connection) && sessionSettings(statementTimeout)),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      query_timeout: statementTimeout === 0 ? 0 : statementTimeout + ANSWER_MARGIN,
      types: { getTypeParser },
      onConnect: (client: pg.ClientBase) => client.on('error', ignoreBrokenConnection),
    } satisfies pg.PoolConfig,
  });
}

/** The pool has dropped the connection already, and whoever was using it has the error. */
function ignoreBrokenConnection(): void {
  return;
}

/**
 * Every bigint here (ids, sizes, counts) is a number: identities count from 1 and a check keeps sizes
 * safe. One that is not safe is an error, never a rounded number.
 */
const getTypeParser: typeof pg.types.getTypeParser = (type, format): unknown =>
  type === pg.types.builtins.INT8 && format !== 'binary'
    ? safeInteger
    : pg.types.getTypeParser(type, format);

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is not a safe integer`);
  return value;
}
