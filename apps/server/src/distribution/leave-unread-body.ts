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
  reply.raw.once('finish', () => {
    const timer = setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, DRAIN);
    raw.once('close', () => {
      clearTimeout(timer);
    });
  });
}
