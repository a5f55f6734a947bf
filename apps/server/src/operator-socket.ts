import { once } from 'node:events';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { setOperators } from './api/operator.ts';
import { operatorFolder, SOCKET, socketPath } from './operator-path.ts';

/**
 * Listens on a Unix socket in the data folder, which its owner alone may open: whoever comes that way is the
 * operator, without a password. Of several servers on one machine over the same folder, the one that started
 * last has it.
 */
export async function listenForOperator(
  app: NestFastifyApplication,
  dataDir: string,
): Promise<() => Promise<void>> {
  const folder = operatorFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const own = `admin.${process.pid}.sock`;
  rmSync(join(folder, own), { force: true });

  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    fastify.routing(request, response);
  });
  server.on('connection', setOperators);
  const { path, close } = socketPath(folder, own);
  server.listen(path);
  await once(server, 'listening');
  chmodSync(join(folder, own), 0o600);
  const { ino } = statSync(join(folder, own));
  renameSync(join(folder, own), join(folder, SOCKET));

  return async () => {
    if (statSync(join(folder, SOCKET), { throwIfNoEntry: false })?.ino === ino) {
      rmSync(join(folder, SOCKET), { force: true });
    }
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    close();
  };
}
