import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createLock, type Server } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  fastestGunzip,
  hostOffer,
  LayerStore,
  OciRuntime,
  preferredRuntime,
} from '@slipway/runtime';
import type { Agent } from './agent.ts';
import { Containers } from './containers.ts';
import { SignIns } from './credentials.ts';
import { AgentError, refusalOf } from './errors.ts';
import { Images } from './images.ts';
import { methods } from './methods.ts';
import { Networks } from './networks.ts';
import type { AgentSettings } from './settings.ts';
import { Volumes } from './volumes.ts';
import { type Method, requests, type WireEvent } from './wire.ts';

const REQUEST_LIMIT = 1024 * 1024;
const LOOK_AT_RULES = 3000;

export interface RunningDaemon {
  stop(): Promise<void>;
}

/** Opens the state, goes on with what runs, and answers on the socket. What runs goes on when it stops. */
export async function startDaemon(settings: AgentSettings): Promise<RunningDaemon> {
  // Folders that containers see have their modes from here and not from who started us.
  process.umask(0o022);
  const lock = await lockRoot(settings.root);
  const agent = await openAgent(settings);
  const server = createServer((request, response) => {
    answer(agent, request, response).catch((error: unknown) => {
      process.stderr.write(`${String((error as Error).stack)}\n`);
      response.destroy();
    });
  });
  server.requestTimeout = 0;
  await mkdir(dirname(settings.socket), { recursive: true });
  await rm(settings.socket, { force: true });
  const umask = process.umask(0o177);
  server.listen(settings.socket);
  process.umask(umask);
  await once(server, 'listening');
  const looking = new AbortController();
  void keepNetworks(agent, looking.signal);
  return {
    stop: async () => {
      looking.abort();
      server.close();
      server.closeAllConnections();
      lock.close();
      await rm(settings.socket, { force: true });
    },
  };
}

/** Rules are the whole host's, and `nft flush ruleset` or a firewall that is loaded anew takes ours along. */
async function keepNetworks({ containers }: Agent, signal: AbortSignal): Promise<void> {
  let told = '';
  for (;;) {
    await sleep(LOOK_AT_RULES, undefined, { ref: false, signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      if (await containers.connections.mend()) {
        process.stderr.write('slipway: the rules of networks were changed by others; set again\n');
      }
      told = '';
    } catch (error) {
      if (String(error) !== told) process.stderr.write(`slipway: networks: ${String(error)}\n`);
      told = String(error);
    }
  }
}

async function openAgent({ root, runtime: named }: AgentSettings): Promise<Agent> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const host = await hostOffer();
  const runtime = await OciRuntime.named(
    named ?? (await preferredRuntime(host)),
    `${root}/runtime`,
  );
  const layers = await LayerStore.open(root);
  const signIns = new SignIns(root);
  const images = new Images(root, layers, signIns, await fastestGunzip());
  const volumes = await Volumes.open(root);
  const networks = await Networks.open(root);
  const site = { layers, volumes, networks, host };
  const containers = new Containers(root, images, runtime, site);
  await containers.adopt();
  return { root, images, containers, networks, volumes, signIns };
}

/** One agent for each root: the kernel lets go of an abstract name when its process is gone, however it went. */
async function lockRoot(root: string): Promise<Server> {
  const lock = createLock();
  const name = createHash('sha256').update(root).digest('hex').slice(0, 32);
  lock.listen(`\0slipway-agent-${name}`);
  try {
    await once(lock, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new AgentError(
      'conflict',
      `another agent works on ${root}; stop it, or use another --root`,
    );
  }
  return lock;
}

async function answer(
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client is gone')));
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const tell = async (event: WireEvent): Promise<void> => {
    if (response.destroyed) return;
    if (!response.write(`${JSON.stringify(event)}\n`)) {
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
  };
  try {
    await tell({ result: await call(agent, request, tell, gone.signal) });
  } catch (error) {
    if (gone.signal.aborted) return;
    const refusal = refusalOf(error);
    if (refusal === undefined) process.stderr.write(`${String((error as Error).stack)}\n`);
    await tell({ refusal: refusal ?? { reason: 'bug', message: String(error) } });
  }
  response.end();
}

async function call(
  agent: Agent,
  request: IncomingMessage,
  tell: (event: WireEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<unknown> {
  const name = (request.url ?? '').slice(1);
  if (request.method !== 'POST' || !isMethod(name)) {
    throw new AgentError('invalid', `the agent knows no ${name}; is it of another version?`);
  }
  return dispatch(name, agent, await bodyOf(request), tell, signal);
}

/** Each method gets exactly what its own shape lets through. */
async function dispatch(
  name: Method,
  agent: Agent,
  body: unknown,
  tell: (event: WireEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<unknown> {
  const parsed = requests[name].safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new AgentError('invalid', faults.join('; '));
  }
  const handler = methods[name] as (...args: unknown[]) => Promise<unknown>;
  return handler(agent, parsed.data, tell, signal);
}

const isMethod = (name: string): name is Method => Object.hasOwn(requests, name);

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > REQUEST_LIMIT) throw new AgentError('invalid', 'the request is too long');
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8') || '{}') as unknown;
  } catch {
    throw new AgentError('invalid', 'the request is no JSON');
  }
}
