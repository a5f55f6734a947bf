/** Where the database is. */
export type Connection = UrlConnection | SocketConnection;

export interface UrlConnection {
  /** One for each server that may have it. */
  readonly urls: readonly string[];
  /**
   * How a pooler between gives out its connections: for as long as ours last, or for one transaction each. Then
   * there is nothing that outlasts a transaction: no prepared statement, no setting, no notification.
   */
  readonly pooling?: 'session' | 'transaction';
}

export function isPooledByTransaction(connection: Connection): boolean {
  return 'pooling' in connection && connection.pooling === 'transaction';
}

export interface SocketConnection {
  /** The directory of the Unix socket. */
  readonly socketDirectory: string;
  readonly user: string;
  readonly database: string;
}
