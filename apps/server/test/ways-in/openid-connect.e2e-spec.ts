import { randomUUID } from 'node:crypto';
import { Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { startSlipway, type Slipway } from '../slipway.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { Browser, type Page, problem } from './browser.ts';
import { anOrganisation, aTeam } from './organisation.ts';
import { type Person, startProvider, type TestProvider } from './provider.ts';

const startLimit = 90_000;
const COOKIE = 'slipway_session';

let database: TestDatabase;
let metadata: Metadata;
let provider: TestProvider;
let slipway: Slipway;

const withProvider = (more: Readonly<Record<string, string>> = {}) => ({
  env: {
    SLIPWAY_DATABASE_URL: urlOf(database.connection),
    SLIPWAY_OIDC_ISSUER: provider.url,
    SLIPWAY_OIDC_CLIENT_ID: provider.clientId,
    SLIPWAY_OIDC_CLIENT_SECRET: provider.clientSecret,
    SLIPWAY_OIDC_NAME: 'Acme',
    SLIPWAY_OIDC_ADMIN_GROUP: 'operators',
    ...more,
  },
});

beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  provider = await startProvider();
  slipway = await startSlipway(withProvider());
  provider.register(`${slipway.url}/auth/oidc/callback`);
  await anOrganisation(database, 'acme');
  await aTeam(database, 'acme', 'web', 'oidc', ['web', 'everybody']);
  await aTeam(database, 'acme', 'api', 'oidc', ['api']);
  await aTeam(database, 'acme', 'directory', 'ldap', ['web']);
}, startLimit);
afterAll(async () => {
  await slipway.stop();
  await provider.stop();
  await metadata.close();
  await database.drop();
}, startLimit);

/** A person whom nobody knows here yet. */
const aPerson = (more: Partial<Person> = {}): Person => {
  const sub = randomUUID();
  return { sub, preferred_username: `p-${sub.slice(0, 8)}`, ...more };
};

const login = (returnTo?: string) =>
  `${slipway.url}/auth/oidc/login${returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`}`;
const isCallback = (url: URL) => url.pathname === '/auth/oidc/callback';
const isHome = (url: URL) => url.origin === slipway.url && !url.pathname.startsWith('/auth/');

/** Goes to the provider and comes back, but does not enter. */
async function backFromProvider(browser: Browser, address = login()): Promise<URL> {
  const page = await browser.open(address, isCallback);
  expect(isCallback(page.url)).toBe(true);
  return page.url;
}

async function signIn(person: Person, browser = new Browser(), address = login()) {
  provider.person = person;
  const page = await browser.open(address, isHome);
  return { browser, page };
}

interface Who {
  readonly name: string;
  readonly administrator: boolean;
}
async function who(browser: Browser): Promise<Who> {
  const answer = await browser.ask('GET', `${slipway.url}/api/v1/session`);
  return answer.status === 200 ? (answer.json() as Who) : { name: '', administrator: false };
}
const signedIn = async (person: Person) => who((await signIn(person)).browser);

const teamsOf = async (name: string) =>
  (
    await database.run(
      `select t.name, m.by_group from team_members m join teams t on t.id = m.team_id
        join accounts a on a.id = m.account_id where a.username = $1 order by t.name`,
      [name],
    )
  ).map((row) => `${String(row.name)}${row.by_group === true ? '' : ' by hand'}`);

describe('somebody who signs in with a provider', () => {
  it('comes back signed in, to the page that they came from', async () => {
    const person = aPerson({ email: 'ada@example.org', name: 'Ada L' });
    const { browser, page } = await signIn(person, new Browser(), login('/acme/web?tab=tags'));

    expect(page.url.href).toBe(`${slipway.url}/acme/web?tab=tags`);
    expect(await who(browser)).toMatchObject({
      name: person.preferred_username,
      administrator: false,
    });
    expect(await metadata.tables.accounts.find(person.preferred_username ?? '')).toMatchObject({
      origin: 'oidc',
      externalId: `${provider.url}#${person.sub}`,
      passwordHash: undefined,
      email: 'ada@example.org',
      displayName: 'Ada L',
    });
    expect(browser.cookie(slipway.url, 'slipway_oidc')).toBeUndefined();
    const sessions = await browser.ask('GET', `${slipway.url}/api/v1/account/sessions`);
    expect(sessions.json()).toMatchObject({ items: [{ method: 'oidc' }] });
  });

  it('is the same one next time, whatever they are called by then', async () => {
    const person = aPerson();
    const first = await signedIn(person);

    const again = { ...person, preferred_username: 'renamed', email: 'new@example.org' };
    expect(await signedIn(again)).toEqual(first);
    expect(await metadata.tables.accounts.find(first.name)).toMatchObject({
      email: 'new@example.org',
    });
    expect(await metadata.tables.accounts.find('renamed')).toBeUndefined();
  });

  it('is one account, though they come twice at once', async () => {
    provider.person = aPerson();
    const [one, other] = [new Browser(), new Browser()];
    const [first, second] = [await backFromProvider(one), await backFromProvider(other)];
    await Promise.all([one.ask('GET', first), other.ask('GET', second)]);

    expect((await who(one)).name).toBe(provider.person.preferred_username);
    expect(await who(other)).toEqual(await who(one));
  });

  it.each([
    ['Ada Lovelace', 'ada-lovelace'],
    ['ÁDÁ.Löve@example.org', 'ada.love'],
    ['../../etc', 'etc'],
    ['a', 'user-a'],
    ['💥', 'user'],
  ])('is called as far as it can be what they are called there: %s', async (called, name) => {
    expect((await signedIn(aPerson({ preferred_username: called }))).name).toBe(name);
  });

  it('never gets what belongs to another: an account, an organisation, a former name, a repository', async () => {
    await metadata.tables.accounts.insert({
      ...{ username: 'grace', passwordHash: '$argon2id$', administrator: true },
    });
    await metadata.tables.repositories.ensure(named('orphan/web'));
    await database.run(
      `insert into namespace_aliases (name, namespace_id) select 'former', id from namespaces where name = 'acme'`,
    );
    for (const [called, name] of [
      ['grace', 'grace-2'],
      ['Grace', 'grace-3'],
      ['acme', 'acme-2'],
      ['former', 'former-2'],
      ['orphan', 'orphan-2'],
    ]) {
      const person = await signedIn(aPerson({ preferred_username: called ?? '' }));
      expect(person).toEqual({ kind: 'account', name, administrator: false });
    }
    expect(await metadata.tables.accounts.find('grace')).toMatchObject({ origin: 'local' });
  });

  it('cannot come in when the account is disabled, and loses what they had', async () => {
    const person = aPerson();
    const { browser } = await signIn(person);
    await database.run('update accounts set disabled_at = now() where username = $1', [
      person.preferred_username,
    ]);

    const { page, browser: again } = await signIn(person);
    expect(problem(page)).toEqual([403, expect.stringContaining('is disabled') as string]);
    expect((await who(again)).name).toBe('');
    while ((await who(browser)).name !== '');
  });

  it('is a site administrator as long as they are in the group of those', async () => {
    const person = aPerson({ groups: ['operators'] });

    expect(await signedIn(person)).toMatchObject({ administrator: true });
    expect(await signedIn({ ...person, groups: [] })).toMatchObject({ administrator: false });
  });

  it('refuses at the provider and is told so', async () => {
    provider.person = undefined;
    const page = await new Browser().open(login());

    expect(problem(page)).toEqual([401, 'Acme has not signed you in: access_denied']);
  });
});

describe("somebody's groups at the provider", () => {
  it('put them into teams and take them out again, beside those that people put them into', async () => {
    const person = aPerson({ groups: ['everybody', 'api', 'nothing here'] });
    const { name } = await signedIn(person);
    expect(await teamsOf(name)).toEqual(['api', 'web']);
    const [member] = await database.run(
      `select m.role from organisation_members m join accounts a on a.id = m.account_id where a.username = $1`,
      [name],
    );
    expect(member).toEqual({ role: 'member' });

    await database.run(
      `insert into team_members (team_id, namespace_id, account_id)
        select t.id, t.namespace_id, a.id from teams t, accounts a
        where t.name = 'directory' and a.username = $1`,
      [name],
    );
    await signedIn({ ...person, groups: ['web'] });
    expect(await teamsOf(name)).toEqual(['directory by hand', 'web']);
    await signedIn({ ...person, groups: [] });
    expect(await teamsOf(name)).toEqual(['directory by hand']);
  });

  it('leave alone where somebody has been put by hand', async () => {
    const person = aPerson({ groups: [] });
    const { name } = await signedIn(person);
    await database.run(
      `with member as (insert into organisation_members (namespace_id, account_id, role)
        select n.id, a.id, 'owner' from namespaces n, accounts a where n.name = 'acme' and a.username = $1
        returning namespace_id, account_id)
      insert into team_members (team_id, namespace_id, account_id)
        select t.id, t.namespace_id, account_id from member, teams t where t.name = 'web'`,
      [name],
    );

    await signedIn({ ...person, groups: ['web'] });
    expect(await teamsOf(name)).toEqual(['web by hand']);
    await signedIn(person);
    expect(await teamsOf(name)).toEqual(['web by hand']);
  });

  it('change no rights when nothing has changed', async () => {
    const person = aPerson({ groups: ['web'] });
    await signedIn(person);
    const version = async () =>
      (await database.run('select version from access_version'))[0]?.version;
    const before = await version();

    await signedIn(person);

    expect(await version()).toBe(before);
  });
});

describe('a sign-in with a provider is not finished', () => {
  const refused = (page: Page) => {
    expect(problem(page)[0]).toBe(401);
    expect(page.each('set-cookie').join()).not.toContain(COOKIE);
  };

  it('by a browser that has not begun it', async () => {
    provider.person = aPerson();
    const callback = await backFromProvider(new Browser());

    const other = new Browser();
    refused(await other.ask('GET', callback));
    await backFromProvider(other);
    refused(await other.ask('GET', callback));
  });

  it.each([
    ['another state', (url: URL) => url.searchParams.set('state', 'x')],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['another code', (url: URL) => url.searchParams.set('code', 'x')],
    ['no code', (url: URL) => url.searchParams.delete('code')],
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['an error', (url: URL) => url.searchParams.set('error', 'server_error')],
  ])('with %s', async (_, change) => {
    provider.person = aPerson();
    const browser = new Browser();
    const callback = await backFromProvider(browser);
    change(callback);

    refused(await browser.ask('GET', callback));
    expect(browser.cookie(slipway.url, 'slipway_oidc')).toBeUndefined();
  });

  it('with another nonce', async () => {
    provider.person = aPerson();
    const browser = new Browser();
    const { headers } = await browser.ask('GET', login());
    const there = new URL(headers.location ?? '');
    expect(there.searchParams.get('nonce')).toMatch(/./);
    there.searchParams.set('nonce', 'x');

    refused(await browser.ask('GET', await backFromProvider(browser, there.href)));
  });

  it('with a code that was asked for with another challenge', async () => {
    provider.person = aPerson();
    const browser = new Browser();
    const { headers } = await browser.ask('GET', login());
    const there = new URL(headers.location ?? '');
    expect(there.searchParams.get('code_challenge_method')).toBe('S256');
    there.searchParams.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');

    refused(await browser.ask('GET', await backFromProvider(browser, there.href)));
  });

  it('a second time with one code', async () => {
    provider.person = aPerson();
    const browser = new Browser();
    const callback = await backFromProvider(browser);
    const kept = browser.cookie(slipway.url, 'slipway_oidc') ?? '';
    expect((await browser.ask('GET', callback)).status).toBe(303);

    refused(await browser.ask('GET', callback));
    browser.setCookie(slipway.url, 'slipway_oidc', kept);
    refused(await browser.ask('GET', callback));
  });

  it('with a cookie that this registry did not seal', async () => {
    provider.person = aPerson();
    const browser = new Browser();
    const callback = await backFromProvider(browser);
    const kept = browser.cookie(slipway.url, 'slipway_oidc') ?? '';
    const [header = ''] = kept.split('.');
    for (const forgery of [
      '',
      'x',
      `${kept}x`,
      `${header}....`,
      kept.slice(0, -4),
      kept.replace('..', '.x.'),
    ]) {
      browser.setCookie(slipway.url, 'slipway_oidc', forgery);
      refused(await browser.ask('GET', callback));
    }
    browser.setCookie(slipway.url, 'slipway_oidc', kept);
    expect((await browser.ask('GET', callback)).status).toBe(303);
  });
});

it('a session is a new one, and the one that was there before is over', async () => {
  const { browser } = await signIn(aPerson());
  const before = browser.cookie(slipway.url, COOKIE) ?? '';

  await signIn(aPerson(), browser);

  expect(browser.cookie(slipway.url, COOKIE)).not.toBe(before);
  browser.setCookie(slipway.url, COOKIE, before);
  expect((await who(browser)).name).toBe('');
});

it.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'javascript:alert(1)',
  '/\t/evil.example',
  '/%0d%0aLocation: https://evil.example',
])('nobody is sent elsewhere afterwards: %j', async (returnTo) => {
  const { page } = await signIn(aPerson(), new Browser(), login(returnTo));

  expect(page.url.origin).toBe(slipway.url);
  expect(page.url.pathname).toBe('/');
});

it('whoever asks is told how one can sign in', async () => {
  const answer = await new Browser().ask('GET', `${slipway.url}/api/v1/session/ways`);

  expect(answer.json()).toEqual({
    password: true,
    openIdConnect: { name: 'Acme', path: '/auth/oidc/login' },
  });
});

it(
  'while the provider is down everything else works, and signing in again when it is back',
  async () => {
    await provider.stop();
    const down = await startSlipway(withProvider());
    try {
      const begin = `${down.url}/auth/oidc/login`;
      expect(problem(await new Browser().ask('GET', begin))).toEqual([
        503,
        expect.stringContaining('Acme does not answer') as string,
      ]);
      const { username, password } = slipway;
      const local = new Browser();
      await local.send('POST', `${slipway.url}/api/v1/session`, { username, password });
      await provider.restart();
      let page = await new Browser().ask('GET', begin);
      while (page.status === 503) page = await new Browser().ask('GET', begin);
      expect(page.status).toBe(303);
    } finally {
      await down.stop();
    }
  },
  startLimit,
);

it(
  'accounts are made for nobody where that is off, and others than the required group kept out',
  async () => {
    const known = aPerson({ groups: ['staff'] });
    await signedIn(known);
    const strict = await startSlipway(
      withProvider({ SLIPWAY_OIDC_CREATE_ACCOUNTS: 'off', SLIPWAY_OIDC_REQUIRED_GROUP: 'staff' }),
    );
    provider.register(`${strict.url}/auth/oidc/callback`);
    try {
      const enter = async (person: Person) => {
        provider.person = person;
        const home = (url: URL) => url.origin === strict.url && url.pathname === '/';
        return new Browser().open(`${strict.url}/auth/oidc/login`, home);
      };
      expect(problem(await enter(aPerson({ groups: ['staff'] })))).toEqual([
        403,
        expect.stringContaining('has no account here') as string,
      ]);
      expect(problem(await enter({ ...known, groups: ['others'] }))).toEqual([
        403,
        expect.stringContaining('group staff') as string,
      ]);
      expect((await enter(known)).url.pathname).toBe('/');
    } finally {
      await strict.stop();
      provider.register(`${slipway.url}/auth/oidc/callback`);
    }
  },
  startLimit,
);
