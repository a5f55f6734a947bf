import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { newSecret } from '@slipway/registry';
import { hashPassword } from '../../src/auth/passwords.ts';
import { startSlipway } from '../slipway.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { Browser, problem } from './browser.ts';

const ada = { username: 'ada', password: 'a password of her own' };
const COOKIE = 'slipway_session';

let database: TestDatabase;
let metadata: Metadata;
const server = suiteServer(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  await metadata.tables.accounts.insert({
    username: ada.username,
    passwordHash: await hashPassword(ada.password),
    administrator: false,
  });
  return { env: { SLIPWAY_DATABASE_URL: urlOf(database.connection) } };
});
afterAll(async () => {
  await metadata.close();
  await database.drop();
});

const here = (path = '') => `${server.slipway.url}/api/v1/session${path}`;
const mine = (path = '') => `${server.slipway.url}/api/v1/account/sessions${path}`;

async function signedIn(): Promise<Browser> {
  const browser = new Browser();
  expect((await browser.send('POST', here(), ada)).status).toBe(200);
  return browser;
}

const who = (browser: Browser) => browser.ask('GET', here());
const secretOf = (browser: Browser) => browser.cookie(here(), COOKIE) ?? '';

interface Listed {
  readonly id: string;
  readonly current: boolean;
}
const listed = async (browser: Browser) =>
  ((await browser.ask('GET', mine())).json() as { items: Listed[] }).items;

describe('a web session', () => {
  it('is had for a name and a password, by a cookie that no script reads', async () => {
    const browser = new Browser();
    const answer = await browser.send('POST', here(), ada);

    expect(answer.json()).toEqual({ kind: 'account', name: 'ada', administrator: false });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.each('set-cookie')).toEqual([
      expect.stringMatching(
        /^slipway_session=slipway_[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    expect((await who(browser)).json()).toMatchObject({ name: 'ada' });
  });

  it.each([
    ['a wrong password', { ...ada, password: 'wrong' }, 401],
    ['an unknown name', { ...ada, username: 'nobody' }, 401],
    ['no password', { username: 'ada' }, 400],
    ['something else', ['ada'], 400],
  ])('is not had for %s', async (_, body, status) => {
    const answer = await new Browser().send('POST', here(), body);
    expect(problem(answer)[0]).toBe(status);
    expect(answer.each('set-cookie')).toEqual([]);
  });

  it('is not had for an access token, whose limits it would shed', async () => {
    const { secret, hash } = newSecret();
    const account = await metadata.tables.accounts.find('ada');
    const owner = { kind: 'account', id: account?.id ?? 0 } as const;
    const id = '6f0e8b1e-6f43-4b53-9b4f-0d9b6f1f0a55';
    const scopes = [{ repositories: 'ada/*', actions: ['pull'] }];
    await metadata.tables.accessTokens.insert({
      ...{ id, hash, owner, scopes, name: 'a token', api: false, expiresAt: undefined },
    });

    const answer = await new Browser().send('POST', here(), { ...ada, password: secret });
    expect(problem(answer)).toEqual([403, expect.stringContaining('access token') as string]);
    const list = await server.askAsNobody('GET', '/api/v1/account/sessions', {
      headers: { authorization: basic('ada', secret) },
    });
    expect(problem(list)[0]).toBe(403);
  });

  it('is a new one at every sign-in, and the browser has one at most', async () => {
    const browser = await signedIn();
    const before = secretOf(browser);

    await browser.send('POST', here(), ada);

    expect(secretOf(browser)).not.toBe(before);
    browser.setCookie(here(), COOKIE, before);
    expect(problem(await who(browser))[0]).toBe(401);
  });

  it('is never one that somebody else has put into the browser', async () => {
    for (const planted of [newSecret().secret, secretOf(await signedIn()), 'x']) {
      const browser = new Browser();
      browser.setCookie(here(), COOKIE, planted);
      await browser.send('POST', here(), ada);

      expect(secretOf(browser)).not.toBe(planted);
      const attacker = new Browser();
      attacker.setCookie(here(), COOKIE, planted);
      expect(problem(await who(attacker))[0]).toBe(401);
    }
  });

  it('opens pages and the management API, never the protocol nor the token endpoint', async () => {
    const browser = await signedIn();

    for (const path of ['/v2/', '/v2/ada/web/tags/list', '/v2/_catalog']) {
      expect((await browser.ask('GET', server.slipway.url + path)).status).toBe(401);
    }
    const token = await browser.ask(
      'GET',
      `${server.slipway.url}/token?scope=repository:ada/web:pull`,
    );
    const { token: text } = token.json() as { token: string };
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as {
      who: string;
    };
    expect(claims.who).toBe('');
  });

  it('gives way to credentials in the request, and wrong ones are not made good by it', async () => {
    const browser = await signedIn();
    const asked = (authorization: string) =>
      browser.ask('GET', here(), { headers: { authorization } });

    const { username, password } = server.slipway;
    expect((await asked(basic(username, password))).json()).toMatchObject({ name: 'admin' });
    expect(problem(await asked(basic(username, 'wrong')))[0]).toBe(401);
  });

  it('ends when its person signs out, and the browser forgets it', async () => {
    const browser = await signedIn();
    const secret = secretOf(browser);

    expect((await browser.send('DELETE', here())).status).toBe(204);

    expect(secretOf(browser)).toBe('');
    expect(problem(await who(browser))).toEqual([401, 'nobody is signed in']);
    browser.setCookie(here(), COOKIE, secret);
    const refused = await who(browser);
    expect(problem(refused)).toEqual([401, 'the session has ended: sign in again']);
    expect(secretOf(browser)).toBe('');
  });

  it('ends when its account is disabled, on the next request', async () => {
    const eve = { username: 'eve', password: "eve's password" };
    const passwordHash = await hashPassword(eve.password);
    await metadata.tables.accounts.insert({ ...eve, passwordHash, administrator: false });
    const browser = new Browser();
    await browser.send('POST', here(), eve);
    expect((await who(browser)).status).toBe(200);

    await database.run(`update accounts set disabled_at = now() where username = 'eve'`);

    for (;;) if ((await who(browser)).status === 401) break;
    expect(problem(await browser.send('POST', here(), eve))[0]).toBe(401);
  });

  it('is listed beside the others of its person, who can end one of them or all', async () => {
    const [one, two, three, four] = [
      await signedIn(),
      await signedIn(),
      await signedIn(),
      await signedIn(),
    ];
    const sessions = await listed(one);
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    const [other] = (await listed(two)).filter(({ current }) => current);

    expect((await one.send('DELETE', mine(`/${other?.id ?? ''}`))).status).toBe(204);
    expect(problem(await one.send('DELETE', mine(`/${other?.id ?? ''}`)))[0]).toBe(404);
    expect(problem(await one.send('DELETE', mine('/1')))[0]).toBe(400);
    expect((await who(two)).status).toBe(401);
    expect((await who(three)).status).toBe(200);

    const { ended } = (await one.send('DELETE', mine())).json() as { ended: number };
    expect(ended).toBeGreaterThanOrEqual(2);
    expect((await who(three)).status).toBe(401);
    expect((await who(four)).status).toBe(401);
    expect(await listed(one)).toEqual([expect.objectContaining({ current: true })]);
  });

  it("is not to be seen or ended by another person, a site's administrator neither", async () => {
    const browser = await signedIn();
    const [session] = (await listed(browser)).filter(({ current }) => current);

    const answer = await server.ask('DELETE', `/api/v1/account/sessions/${session?.id}`);
    expect(problem(answer)[0]).toBe(404);
    const { items } = (await server.ask('GET', '/api/v1/account/sessions')).json() as {
      items: Listed[];
    };
    expect(items.map(({ id }) => id)).not.toContain(session?.id);
    expect((await who(browser)).status).toBe(200);
  });
});

describe('a page of another site', () => {
  const changes: readonly (readonly [method: string, path: string])[] = [
    ['POST', 'session'],
    ['DELETE', 'session'],
    ['DELETE', 'account/sessions'],
    ['DELETE', 'account/sessions/6f0e8b1e-6f43-4b53-9b4f-0d9b6f1f0a55'],
    ['POST', 'account/tokens'],
  ];
  const disguises: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
    ['a request of a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['a request with the Origin of another', { origin: 'https://evil.example' }],
    ['a request with an opaque Origin', { origin: 'null' }],
    ['a request that says nothing of itself', {}],
  ];

  it.each(
    changes.flatMap(([method, path]) => disguises.map((each) => [method, path, ...each] as const)),
  )('changes nothing by %s %s, as %s', async (method, path, _, headers) => {
    const browser = await signedIn();
    const body = method === 'POST' ? JSON.stringify(ada) : undefined;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const question = { headers: { ...headers, ...type }, ...(body !== undefined && { body }) };

    const answer = await browser.ask(method, `${server.slipway.url}/api/v1/${path}`, question);

    expect(problem(answer)).toEqual([403, expect.stringContaining('a page of') as string]);
    expect(answer.each('set-cookie')).toEqual([]);
    expect((await who(browser)).status).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a'])(
    'cannot sign anybody in with a form: %s',
    async (type) => {
      const headers = { 'sec-fetch-site': 'same-origin', 'content-type': type };
      const answer = await new Browser().ask('POST', here(), {
        headers,
        body: JSON.stringify(ada),
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.each('set-cookie')).toEqual([]);
    },
  );

  it('does not keep programs out, which send their credentials themselves', async () => {
    const answer = await server.ask('DELETE', '/api/v1/account/sessions');
    expect(answer.status).toBe(200);
  });
});

it('behind https the cookie is for https alone, and of a name that no other host can set', async () => {
  const slipway = await startSlipway({
    env: { SLIPWAY_PUBLIC_URL: 'https://registry.example.org' },
  });
  try {
    const address = `${slipway.url}/api/v1/session`;
    const browser = new Browser();
    const { username, password } = slipway;
    const answer = await browser.send('POST', address, { username, password });

    expect(answer.each('set-cookie')[0]).toMatch(
      /^__Host-slipway_session=[\w-]+; .*Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect((await browser.ask('GET', address)).status).toBe(200);
    const plain = new Browser();
    plain.setCookie(address, COOKIE, browser.cookie(address, `__Host-${COOKIE}`) ?? '');
    expect((await plain.ask('GET', address)).status).toBe(401);
  } finally {
    await slipway.stop();
  }
});
