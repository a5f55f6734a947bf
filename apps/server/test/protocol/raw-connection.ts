import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE = 15_000;

/** A connection on which bytes are sent as they are, HTTP or not. */
export interface RawConnection {
  send(bytes: string | Buffer): void;
  /** All that has come so far, as soon as it matches. */
  receives(pattern: RegExp): Promise<string>;
  /** All that has come when the server has ended the connection. */
  ends(): Promise<string>;
  /** Resolves when all that was to be sent has left this process. */
  sent(): Promise<void>;
  /** Reads nothing until `resume`. */
  pause(): void;
  resume(): void;
  /** Breaks the connection off, as a client that crashes. */
  breakOff(): void;
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let ended = false;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => (ended = true)).on('end', () => (ended = true));
  await once(socket, 'connect');

  const waitFor = async (what: string, isThere: () => boolean): Promise<string> => {
    const giveUp = Date.now() + PATIENCE;
    while (!isThere()) {
      if (Date.now() > giveUp) throw new Error(`${what} did not come, only:\n${text}`);
      await sleep(5);
    }
    return text;
  };

  return {
    send: (bytes) => void socket.write(bytes),
    receives: (pattern) => waitFor(String(pattern), () => pattern.test(text)),
    ends: () => waitFor('the end', () => ended).finally(() => socket.destroy()),
    sent: async () => {
      await waitFor('room for what was sent', () => socket.writableLength === 0 || ended);
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    breakOff: () => void socket.resetAndDestroy(),
  };
}

/** Sends one text and returns everything that is answered before the server ends the connection. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const connection = await rawConnection(port);
  connection.send(text);
  return connection.ends();
}
