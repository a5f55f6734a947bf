import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, maxHeaderSize } from 'node:http';
import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { RegistryError } from '@slipway/registry';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerProblem, isForApi } from './api/problems.ts';
import { AppModule, type Parts } from './app.module.ts';
import { noteAsking } from './asking.ts';
import { bearerChallenge, tokenRealm } from './auth/challenge.ts';
import {
  answerError,
  distribution,
  encodeNameInPath,
  malformedBody,
  type Registry,
} from './distribution/index.ts';
import { Doctor } from './doctor/doctor.ts';
import { uploadPass } from './doctor/upload-pass.ts';
import { observeRequests } from './requests.ts';
import type { Settings } from './settings.ts';
import { mayRedirect } from './storage.ts';
import { serveWeb } from './web.ts';

/** The web server: Nest for what people and operators ask, a plugin of its own for the distribution protocol. */
export async function createApp(
  settings: Settings,
  registry: Registry,
  parts: Parts,
): Promise<NestFastifyApplication> {
  const secure = settings.SLIPWAY_TLS_CERT !== undefined;
  const adapter = new FastifyAdapter({
    ...tls(settings),
    // Whose word of a client's address is believed.
    trustProxy: settings.SLIPWAY_TRUSTED_PROXIES ?? false,
    // The longest path that Node reads; what a name may be is for the protocol to say, in its own words.
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: true },
    // In the audit log a request keeps its name beside those of other replicas and other days.
    genReqId: () => randomUUID(),
    rewriteUrl: (request: IncomingMessage) => encodeNameInPath(request.url ?? '/'),
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const answer = isForApi(request) ? answerProblem : answerError;
      void answer(parts.log, error, request, reply);
    },
    // What a client still asks on its connection while the server stops is answered, not refused.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    keepAliveTimeout: 75_000,
    requestTimeout: 0,
  } as ConstructorParameters<typeof FastifyAdapter>[0]);
  const made = {
    doctor: new Doctor({
      settings,
      metadata: parts.hub.metadata,
      readiness: parts.readiness,
      pass: () => uploadPass(parts.hub.metadata, parts.tokens),
      runs: () => parts.metrics.runs(),
      now: Date.now,
    }),
  };
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.over(parts, made),
    adapter,
    {
      logger: false,
      abortOnError: false,
    },
  );
  const fastify = adapter.getInstance<FastifyInstance>();
  noteAsking(fastify);
  parts.tracing?.traceRequests(fastify);
  answerExpectationsLate(fastify);
  requireHost(fastify);
  refuseTunnels(fastify);
  endSilentConnections(fastify, secure);
  observeRequests(fastify, parts.metrics, parts.log);
  await fastify.register(distribution, {
    prefix: '/v2',
    log: parts.log,
    registry,
    limits: {
      manifest: settings.SLIPWAY_MANIFEST_LIMIT,
      idle: settings.SLIPWAY_IDLE_TIMEOUT * 1000,
    },
    admitPull: (by, reply) => {
      parts.rateLimits.admit('pull', by, reply);
    },
    mayRedirect: mayRedirect(settings),
    identify: (request) => parts.authentication.identify(request.raw),
    challenge: (request, ...why) =>
      bearerChallenge(tokenRealm(settings.SLIPWAY_PUBLIC_URL, request.raw, secure), ...why),
  });
  await serveWeb(fastify);
  await app.init();
  await fastify.ready();
  return app;
}

function tls({ SLIPWAY_TLS_CERT: cert, SLIPWAY_TLS_KEY: key }: Settings) {
  // Node's own refusal of a request without Host has no body; see `requireHost`.
  const http = { requireHostHeader: false };
  if (cert === undefined || key === undefined) return { http };
  return { https: { ...http, cert: readFileSync(cert), key: readFileSync(key) } };
}

/**
 * Node would say `100 Continue` before anybody looked at the request; the protocol says it when it reads
 * the body. Any other expectation is not looked at (RFC 9110 section 10.1.1).
 */
function answerExpectationsLate({ server }: FastifyInstance): void {
  for (const event of ['checkContinue', 'checkExpectation']) {
    server.on(event, (request, response) => {
      server.emit('request', request, response);
    });
  }
}

/** RFC 9112 section 3.2 */
function requireHost(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return;
    throw new RegistryError('request-invalid', 'the request has no Host header');
  });
}

/** Node would close the connection without a word. */
function refuseTunnels({ server }: FastifyInstance): void {
  server.on('connect', (_request, socket: Socket) => {
    refuse(socket, '405 Method Not Allowed', 'CONNECT is not supported: this is no proxy');
  });
}

/** Browsers connect before they have anything to ask: what was never asked must not hold up the end. */
function endSilentConnections(app: FastifyInstance, secure: boolean): void {
  const silent = new Set<Socket>();
  app.server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket));
  app.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy();
  });
}

/** What is not HTTP, or has more headers than Node reads. */
function refuseMalformed(
  error: Error & { readonly code?: string; readonly reason?: string },
  socket: Socket,
): void {
  switch (error.code) {
    case 'ECONNRESET':
      socket.destroySoon();
      return;
    case 'HPE_HEADER_OVERFLOW':
      refuse(
        socket,
        '431 Request Header Fields Too Large',
        `the URL and the headers are together larger than ${maxHeaderSize} bytes`,
      );
      return;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      refuse(socket, '408 Request Timeout', 'the request did not arrive in time');
      return;
    case undefined:
    default:
      refuse(
        socket,
        '400 Bad Request',
        `the request is not HTTP: ${error.reason ?? 'it cannot be read'}`,
      );
  }
}

/** Answers where there is no request to answer, and ends the connection. */
function refuse(socket: Socket, status: string, message: string): void {
  const body = malformedBody(message);
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
