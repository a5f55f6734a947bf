import { examine } from '@slipway/api';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
afterEach(async () => app.stop());

const items = async () => (await app.ask('admin', examine)).items;

test('a server that has what it needs is well', async () => {
  app = await TestApp.start();
  const found = await items();

  expect(found.map(({ check }) => check)).toEqual([
    'version',
    'settings',
    'database',
    'database rights',
    'database durability',
    'database connections',
    'clock',
    'stored',
    'storage',
    'disk space',
    'public URL',
    'jobs',
  ]);
  // The cluster of the tests does not sync, and whether their disk is full is no fault of the server.
  const others = found.filter(
    ({ check }) => !['database durability', 'disk space'].includes(check),
  );
  expect(others.filter(({ ok }) => !ok)).toEqual([]);
  expect(found[0]?.finding).toMatch(/^Slipway \d\S* on Node 24\./);
  expect(found[2]?.finding).toMatch(/^Postgres 1[5-9]\S* answers$/);
});

test('a public URL where another answers is named, with what to do', async () => {
  app = await TestApp.start({ SLIPWAY_PUBLIC_URL: 'http://127.0.0.1:1' });
  expect((await items()).find(({ check }) => check === 'public URL')).toEqual({
    check: 'public URL',
    ok: false,
    finding: expect.stringContaining('http://127.0.0.1:1/v2/ cannot be reached') as string,
    fix: 'mend the proxy or the name, or set SLIPWAY_PUBLIC_URL',
  });
});
