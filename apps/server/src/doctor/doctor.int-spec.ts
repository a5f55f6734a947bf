import { createServer, request, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { examine } from '@slipway/api';
import { readiness } from '../readiness.ts';
import { parseSettings } from '../settings.ts';
import { MemoryBlobStore } from '@slipway/storage';
import { TestApp } from '../testing/test-app.ts';
import { Doctor } from './doctor.ts';

let app: TestApp;
let proxy: Server | undefined;
afterEach(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  proxy = undefined;
  await app.stop();
});

/** The registry behind a proxy that does with each Location what `rewritten` says, and with each path `moved`. */
async function behindProxy(
  rewritten: (location: string) => string,
  moved: (path: string) => string = (path) => path,
): Promise<void> {
  let target = '';
  proxy = createServer((incoming, answer) => {
    const { method, headers, url } = incoming;
    const onward = request(new URL(moved(url ?? '/'), target), { method, headers }, (got) => {
      const { location } = got.headers;
      const more = location === undefined ? {} : { location: rewritten(location) };
      answer.writeHead(got.statusCode ?? 0, { ...got.headers, ...more });
      got.pipe(answer);
    });
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  app = await TestApp.start({ SLIPWAY_PUBLIC_URL: url });
  target = app.url;
}

const location = async () =>
  (await app.ask('admin', examine)).items.find(({ check }) => check === 'upload Location');

test('an upload through a proxy that leaves Location alone is well, and is gone afterwards', async () => {
  await behindProxy((text) => text);
  expect(await location()).toEqual({
    check: 'upload Location',
    ok: true,
    finding: 'it comes through the public URL as it is, relative, and leads on',
  });
  expect((await app.metadata.waiting()).uploads).toBe(0);
});

test('a proxy that makes an absolute one of it is found, with what to do', async () => {
  await behindProxy((text) => `http://internal:5000${text}`);
  const found = await location();
  expect(found?.finding).toContain('the proxy makes http://internal:5000 of the relative Location');
  expect(found?.fix).toContain('proxy_redirect off');
  expect((await app.metadata.waiting()).uploads).toBe(0);
});

test('a proxy whose Location leads elsewhere is found', async () => {
  await behindProxy((text) => text.replace('/uploads/', '/uploads/nowhere/'));
  expect((await location())?.finding).toContain('which is answered with 404');
});

test('a proxy that swallows uploads is found', async () => {
  await behindProxy(
    (text) => text,
    (path) => path.replace('/blobs/uploads/', '/nothing/'),
  );
  expect(await location()).toMatchObject({
    ok: false,
    finding: expect.stringMatching(/is answered with 404 and no Location$/) as string,
  });
});

test('a clock that is an hour ahead is found', async () => {
  app = await TestApp.start();
  const { metadata } = app;
  const doctor = new Doctor({
    settings: parseSettings({}),
    metadata,
    readiness: readiness(metadata, new MemoryBlobStore()),
    pass: async () => undefined,
    runs: async () => [],
    now: () => Date.now() + 3_600_000,
  });
  expect((await doctor.examine()).find(({ check }) => check === 'clock')).toMatchObject({
    ok: false,
    finding: expect.stringMatching(/are (3599|3600) s apart/) as string,
    fix: expect.stringContaining('NTP') as string,
  });
});
