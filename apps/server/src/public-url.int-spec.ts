import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { checkPublicUrl } from './public-url.ts';

/** What is logged about a public URL where `answer` answers. */
async function logged(answer: (url: string) => RequestListener): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', answer(url));
  const text = await loggedAt(url);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return text.replaceAll(url, 'URL');
}

async function loggedAt(url: string | undefined): Promise<string> {
  const lines: string[] = [];
  await checkPublicUrl(url, pino({}, { write: (line: string) => lines.push(line) }));
  return lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg).join('\n');
}

const aRegistryAt =
  (realm: string): RequestListener =>
  (request, response) => {
    const { statusCode, challenge } =
      request.url === '/v2/'
        ? { statusCode: 401, challenge: `Bearer realm="${realm}/token",service="slipway"` }
        : { statusCode: 404, challenge: '' };
    response.writeHead(statusCode, { 'WWW-Authenticate': challenge }).end();
  };

test('a public URL that leads here is said to be right', async () => {
  expect(await logged((url) => aRegistryAt(url))).toBe('clients reach this registry at URL');
});

test.each<[string, (url: string) => RequestListener, string]>([
  [
    'leads to another registry',
    () => aRegistryAt('https://elsewhere'),
    'another registry answers there',
  ],
  [
    'leads to something else',
    () => (_, response) => response.writeHead(200).end('<html>'),
    "URL/v2/ answers 200 instead of a registry's 401",
  ],
  [
    'is redirected',
    () => (_, response) => response.writeHead(301, { Location: '/' }).end(),
    "URL/v2/ answers 301 instead of a registry's 401",
  ],
  [
    'breaks off',
    () => (request) => request.socket.destroy(),
    'URL/v2/ cannot be reached: other side closed',
  ],
])('one that %s is warned about, with what to expect', async (_, answer, fault) => {
  expect(await logged(answer)).toBe(
    `SLIPWAY_PUBLIC_URL is URL, but ${fault}; clients may fail to sign in or to push`,
  );
});

test('one that leads nowhere is warned about', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));

  for (const host of ['127.0.0.1', 'localhost']) {
    expect(await loggedAt(`http://${host}:${port}`)).toMatch(/cannot be reached: .*ECONNREFUSED/);
  }
});

test('none is nothing to talk about', async () => {
  expect(await loggedAt(undefined)).toBe('');
});
