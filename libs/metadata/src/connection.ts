/** Where the database is. */
export type Connection = { readonly url: string } | SocketConnection;

export interface SocketConnection {
  /** The directory of the Unix socket. */
  readonly socketDirectory: string;
  readonly user: string;
  readonly database: string;
}
