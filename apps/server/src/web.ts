import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What `npm run build` made of apps/web. */
const BUILT = fileURLToPath(new URL('../../web/dist/', import.meta.url));

/** The addresses that the page itself makes something of: those of its router, apps/web/src/router.tsx. */
const PAGES = ['/', '/sign-in', '/search', '/r/*', '/n/*', '/organisations', '/account', '/admin'];

/** The page's own files and its own server, nothing else, and nothing that stands in the text of a page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Serves the page for browsers, where it was built. */
export async function serveWeb(app: FastifyInstance, built = BUILT): Promise<void> {
  if (!existsSync(built)) return;
  await app.register(fastifyStatic, {
    root: built,
    // Compressed when it was built.
    preCompressed: true,
    wildcard: false,
    globIgnore: ['**/*.br', '**/*.gz'],
    index: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // The name of what Vite made holds the hash of its content.
      const lasting = path.includes('/assets/');
      void reply.header(
        'Cache-Control',
        lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      void reply.headers(HEADERS);
    },
  });
  for (const path of PAGES) {
    app.get(path, async (_request, reply) => reply.sendFile('index.html'));
  }
}

/** Shows a person who looks for what is not there that it is not; `false` where a program asks, or no page was built. */
export async function showNotFound(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  const person = request.method === 'GET' && request.headers.accept?.includes('text/html') === true;
  if (!person || !request.server.hasReplyDecorator('sendFile')) return false;
  await reply.code(404).sendFile('index.html');
  return true;
}
