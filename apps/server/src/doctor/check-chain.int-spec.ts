import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { INTERMEDIATE, LEAF, LEAF_KEY, ROOT } from '../testing/tls-chain.ts';
import { checkChain } from './check-chain.ts';

const NOW = Date.UTC(2027, 0, 1);
let server: Server | undefined;
afterEach(() => server?.close());

/** The port of a server that shows these certificates. */
async function showing(cert: string): Promise<number> {
  server = createServer({ cert, key: LEAF_KEY }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a whole chain that leads to an authority is well', async () => {
  const port = await showing(LEAF + INTERMEDIATE);
  for (const host of ['127.0.0.1', 'localhost']) {
    expect(await checkChain(`https://${host}:${port}`, NOW, ROOT)).toMatchObject({
      ok: true,
      finding: expect.stringContaining('it is good until ') as string,
    });
  }
});

test.each<[string, string, string, string | undefined, string]>([
  ['one whose intermediate is missing', LEAF, '127.0.0.1', ROOT, 'of its issuer is not sent'],
  ['one for another name', LEAF + INTERMEDIATE, '127.0.0.2', ROOT, 'IP Address:127.0.0.1'],
  [
    'one of an authority that nobody knows',
    LEAF + INTERMEDIATE + ROOT,
    '127.0.0.1',
    undefined,
    'nobody vouches for it',
  ],
])('%s is found, with what to do', async (_, cert, host, authorities, finding) => {
  server = createServer({ cert, key: LEAF_KEY }).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await checkChain(`https://${host}:${port}`, NOW, authorities)).toEqual({
    check: 'TLS chain',
    ok: false,
    finding: expect.stringContaining(finding) as string,
    fix: expect.any(String) as string,
  });
});

test('one that expires within two weeks is found before', async () => {
  const url = `https://127.0.0.1:${await showing(LEAF + INTERMEDIATE)}`;
  const end = Date.parse((await checkChain(url, NOW, ROOT))?.finding.split('until ')[1] ?? '');
  const before = async (days: number) => checkChain(url, end - days * 86_400_000, ROOT);
  expect(await before(13)).toMatchObject({
    ok: false,
    finding: expect.stringContaining('it expires on ') as string,
  });
  expect(await before(15)).toMatchObject({ ok: true });
});

test('where nobody speaks TLS there is no chain', async () => {
  const port = await showing(LEAF + INTERMEDIATE);
  server?.close();
  expect(await checkChain(`https://127.0.0.1:${port}`, NOW)).toBeUndefined();
});
