import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveWeb } from './web.ts';

const INDEX = '<!doctype html><title>Slipway</title>';
const SCRIPT = 'console.log("hello")';

let folder: string;
let app: FastifyInstance;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-web-'));
  await mkdir(join(folder, 'assets'));
  for (const [name, text] of [
    ['index.html', INDEX],
    ['theme.js', SCRIPT],
    ['assets/index-abc.js', SCRIPT],
  ] as const) {
    await writeFile(join(folder, name), text);
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(text));
  }
  app = Fastify();
  await serveWeb(app, folder);
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

test.each(['/', '/sign-in', '/r/acme/web', '/r/acme/web:1.0?view=history', '/n/acme', '/admin'])(
  '%s is the page, under a policy that allows nothing from elsewhere',
  async (url) => {
    const answer = await app.inject({ url });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(INDEX);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-cache');
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  },
);

test('what is named by its content may be kept for ever, and comes compressed', async () => {
  const headers = { 'accept-encoding': 'br, gzip' };
  const answer = await app.inject({ url: '/assets/index-abc.js', headers });
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(answer.headers['content-encoding']).toBe('br');
  expect(brotliDecompressSync(answer.rawPayload).toString()).toBe(SCRIPT);
  const plain = await app.inject({ url: '/assets/index-abc.js' });
  expect(plain.body).toBe(SCRIPT);
});

test('what is not known is not the page', async () => {
  for (const url of ['/nothing', '/assets/nothing.js', '/index.html.br', '/../package.json']) {
    expect((await app.inject({ url })).statusCode).toBe(404);
  }
});

test('a server without the page goes without it', async () => {
  const bare = Fastify();
  await serveWeb(bare, join(folder, 'not-there'));
  expect((await bare.inject({ url: '/' })).statusCode).toBe(404);
  await bare.close();
});
