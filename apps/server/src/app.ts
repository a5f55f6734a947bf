import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppModule, type Parts } from './app.module.ts';
import { challenges, tokenRealm } from './auth/challenge.ts';
import {
  distribution,
  encodeNameInPath,
  malformedBody,
  type Registry,
} from './distribution/index.ts';
import { observeRequests } from './requests.ts';
import type { Settings } from './settings.ts';

/** The web server: Nest for what people and operators ask, a plugin of its own for the distribution protocol. */
export async function createApp(
  settings: Settings,
  registry: Registry,
  parts: Parts,
): Promise<NestFastifyApplication> {
  const secure = settings.SLIPWAY_TLS_CERT !== undefined;
  const adapter = new FastifyAdapter({
    ...tls(settings),
    // The longest path that Node reads; what a name may be is for the protocol to say, in its own words.
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: true },
    rewriteUrl: (request: IncomingMessage) => encodeNameInPath(request.url ?? '/'),
    clientErrorHandler: refuseMalformed,
    forceCloseConnections: 'idle',
    keepAliveTimeout: 75_000,
    requestTimeout: 0,
  } as ConstructorParameters<typeof FastifyAdapter>[0]);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(parts), adapter, {
    logger: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  answerExpectationsLate(fastify);
  observeRequests(fastify, parts.metrics, parts.log);
  await fastify.register(distribution, {
    prefix: '/v2',
    log: parts.log,
    registry,
    limits: {
      manifest: settings.SLIPWAY_MANIFEST_LIMIT,
      idle: settings.SLIPWAY_IDLE_TIMEOUT * 1000,
    },
    identify: (request) => parts.authentication.identify(request.raw),
    challenge: (request, scope, error) =>
      challenges(tokenRealm(settings.SLIPWAY_PUBLIC_URL, request.raw, secure), scope, error),
  });
  await app.init();
  await fastify.ready();
  return app;
}

function tls({ SLIPWAY_TLS_CERT: cert, SLIPWAY_TLS_KEY: key }: Settings) {
  if (cert === undefined || key === undefined) return {};
  return { https: { cert: readFileSync(cert), key: readFileSync(key) } };
}

/** Node would say `100 Continue` before anybody looked at the request; the protocol says it when it reads the body. */
function answerExpectationsLate({ server }: FastifyInstance): void {
  server.on('checkContinue', (request, response) => {
    server.emit('request', request, response);
  });
}

/** What is not HTTP, or has more headers than Node reads. */
function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    const timeout = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    const status = tooLarge
      ? '431 Request Header Fields Too Large'
      : timeout
        ? '408 Request Timeout'
        : '400 Bad Request';
    const body = malformedBody(
      tooLarge
        ? 'the request headers are too large'
        : timeout
          ? 'the request did not arrive in time'
          : 'the request is not HTTP',
    );
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
