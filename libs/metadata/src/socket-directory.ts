import { closeSync, openSync } from 'node:fs';

const LONGEST_SOCKET_PATH = 107;

/** A Unix socket's directory under a path that is short enough to connect to. */
export interface SocketDirectory {
  readonly path: string;
  close(): void;
}

/**
 * The kernel takes socket paths of up to 107 bytes. A directory that lies deeper is held open and named
 * by its descriptor, which needs no other place for the socket.
 */
export function socketDirectory(directory: string): SocketDirectory {
  if (Buffer.byteLength(`${directory}/.s.PGSQL.5432`) <= LONGEST_SOCKET_PATH) {
    return { path: directory, close: () => undefined };
  }
  const descriptor = openSync(directory, 'r');
  return {
    path: `/proc/self/fd/${descriptor}`,
    close: () => {
      closeSync(descriptor);
    },
  };
}
