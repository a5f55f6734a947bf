import type { Socket } from 'node:net';

const sockets = new WeakSet<Socket>();

/** A connection that came by the operator's socket. */
export function setOperators(socket: Socket): void {
  sockets.add(socket);
}

export function isOperators(socket: Socket): boolean {
  return sockets.has(socket);
}
