import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { leaveUnreadBody } from './leave-unread-body.ts';

let app: FastifyInstance;
let port: number;
beforeAll(async () => {
  app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.addHook('onSend', leaveUnreadBody);
  app.put('/', (_request, reply) => reply.code(401).send('sign in'));
  app.server.on('checkContinue', (request, response) => {
    app.server.emit('request', request, response);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
afterAll(async () => {
  app.server.closeAllConnections();
  await app.close();
});

const MIB = 1024 * 1024;

/** A connection that has sent `text`; all that came back is in `received()`. */
async function aConnection(text: string): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let all = '';
  socket.on('data', (data) => (all += data.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  return { socket, received: () => all };
}

const put = (length: number, more = '') =>
  `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${more}\r\n`;

async function answered(received: () => string, times = 1): Promise<void> {
  while (received().split('HTTP/1.1 401').length <= times) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a refusal reaches a client that is in the middle of a body that it goes on sending', async () => {
  const { socket, received } = await aConnection(put(64 * MIB));
  for (let sent = 0; sent < 8; sent++) socket.write(Buffer.alloc(MIB));

  await answered(received);

  expect(received()).toContain('sign in');
  socket.destroy();
});

test('a client that then ends its body goes on with the same connection', async () => {
  const { socket, received } = await aConnection(put(MIB));
  await answered(received);
  socket.write(Buffer.alloc(MIB));
  socket.write(put(3) + 'abc');

  await answered(received, 2);

  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

test('a client that does not end its body is cut off after a while', async () => {
  const { socket, received } = await aConnection(put(MIB));
  const closed = once(socket, 'close');
  await answered(received);
  const begun = Date.now();

  await closed;

  expect(Date.now() - begun).toBeGreaterThan(1000);
  expect(Date.now() - begun).toBeLessThan(10_000);
});

test('a client that waits to be told to continue is told no, and that the connection ends', async () => {
  const { socket, received } = await aConnection(put(MIB, 'Expect: 100-continue\r\n'));
  const closed = once(socket, 'close');
  await answered(received);

  expect(received()).not.toContain('100 Continue');
  expect(received()).toMatch(/connection: close/i);
  socket.end();
  await closed;
});

test('a request without a body costs its connection nothing', async () => {
  const { socket, received } = await aConnection(put(0) + put(0));

  await answered(received, 2);

  expect(received()).not.toMatch(/connection: close/i);
  socket.destroy();
});
