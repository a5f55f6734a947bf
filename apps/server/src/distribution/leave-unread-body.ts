import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** How long the rest of a body that nobody wants is read, so that the client comes to read the answer. */
const DRAIN = 3000;

/**
 * An answer that goes out before the body was read, such as a refusal. Closing at once would make the
 * client's system throw the answer away; reading a whole layer to be polite would cost more than the
 * refusal saved. So what comes in the next seconds is read, and then the connection ends.
 */
export async function leaveUnreadBody(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { raw } = request;
  if (raw.complete) return;
  // Who was never told to continue will not send the body, so nothing more can be read on this connection.
  if (raw.headers.expect !== undefined) reply.header('Connection', 'close');
  closeGently(raw.socket);
  reply.raw.once('finish', () => {
    raw.resume();
    const timer = setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, DRAIN);
    raw.once('close', () => {
      clearTimeout(timer);
    });
  });
}

/** After the last answer on a connection Node closes both of its halves at once; the client's gets time to end. */
function closeGently(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), DRAIN);
    socket.once('close', () => {
      clearTimeout(timer);
    });
  };
}
