import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { runProgram } from '../host-programs.ts';
import type { Transport } from './publication.ts';

/** A port of the host; 0 stands for any that is free. */
export interface HostPort {
  readonly protocol: Transport;
  readonly hostAddress?: string | undefined;
  readonly hostPort: number;
}

/**
 * Takes a port for a moment, as a program of the host would, and returns its number; `undefined` when another one
 * has it. Rules would lead its clients to the container without a word.
 */
export async function tryPort(port: HostPort): Promise<number | 'no-such-address' | undefined> {
  try {
    return await (port.protocol === 'tcp' ? tryTcp(port) : tryUdp(port));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return undefined;
    if (code === 'EADDRNOTAVAIL') return 'no-such-address';
    throw error;
  }
}

/** The program that listens there, `nginx (pid 12)`. */
export async function holderOf({ protocol, hostPort }: HostPort): Promise<string | undefined> {
  const kind = protocol === 'tcp' ? '-lt' : '-lu';
  const { stdout } = await runProgram('ss', ['-Hnp', kind, `sport = :${hostPort}`]);
  const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(stdout) ?? [];
  return name === undefined || pid === undefined ? undefined : `${name} (pid ${pid})`;
}

async function tryTcp({ hostAddress, hostPort }: HostPort): Promise<number> {
  const server = createServer();
  server.listen({
    port: hostPort,
    exclusive: true,
    ...(hostAddress !== undefined && { host: hostAddress, ipv6Only: hostAddress.includes(':') }),
  });
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function tryUdp({ hostAddress, hostPort }: HostPort): Promise<number> {
  const six = hostAddress?.includes(':') === true;
  const socket = six ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
  try {
    socket.bind({
      port: hostPort,
      exclusive: true,
      ...(hostAddress !== undefined && { address: hostAddress }),
    });
    await once(socket, 'listening');
    return socket.address().port;
  } finally {
    socket.close();
  }
}
