/** Where the database is: at URLs, one for each server that may have it, or behind a socket. */
export type Connection = { readonly urls: readonly string[] } | SocketConnection;

export interface SocketConnection {
  /** The directory of the Unix socket. */
  readonly socketDirectory: string;
  readonly user: string;
  readonly database: string;
}
