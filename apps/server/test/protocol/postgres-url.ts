interface SocketConnection {
  readonly socketDirectory: string;
  readonly user: string;
  readonly database: string;
}

/** A database behind a Unix socket, as a URL. */
export function urlOf({ socketDirectory, user, database }: SocketConnection): string {
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(socketDirectory)}`;
}
