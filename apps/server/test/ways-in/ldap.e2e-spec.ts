import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { AuditLog, ExternalAccounts, Identities } from '@slipway/registry';
import { pino } from 'pino';
import { Directory, type DirectorySettings } from '../../src/auth/directory.ts';
import { hashPassword, Passwords } from '../../src/auth/passwords.ts';
import { SignIn } from '../../src/auth/sign-in.ts';
import { multiLayerImage } from '../images.ts';
import { describeWith } from '../needs.ts';
import { refusal } from '../protocol/exchange.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { Browser, problem } from './browser.ts';
import { testClients } from './clients.ts';
import { anOrganisation, aTeam } from './organisation.ts';
import { BASE, type Slapd, startSlapd } from './slapd.ts';

let addresses = 0;
const anAddress = () => `10.1.${++addresses >> 8}.${addresses & 255}`;

const OPERATORS = `cn=operators,ou=groups,${BASE}`;

describeWith({ tools: ['slapd', 'openssl'] }, 'LDAP', () => {
  let database: TestDatabase;
  let metadata: Metadata;
  let audit: AuditLog;
  let slapd: Slapd;
  let folder: TempFolder;

  const server = suiteServer(async () => {
    database = await testDatabase();
    metadata = await Metadata.connect(database.connection);
    audit = new AuditLog(metadata, Date.now, (error) => {
      throw error;
    });
    [slapd, folder] = [await startSlapd(), await tempFolder('ldap')];
    await anOrganisation(database, 'acme');
    await aTeam(database, 'acme', 'web', 'ldap', [`cn=web,ou=groups,${BASE}`]);
    await metadata.tables.accounts.insert({
      ...{ username: 'local', passwordHash: await hashPassword('here'), administrator: false },
    });
    return {
      env: {
        SLIPWAY_DATABASE_URL: urlOf(database.connection),
        SLIPWAY_LDAP_URL: slapd.secureUrl,
        SLIPWAY_LDAP_CA: slapd.ca,
        SLIPWAY_LDAP_BIND_DN: slapd.bindDn,
        SLIPWAY_LDAP_BIND_PASSWORD: slapd.bindPassword,
        SLIPWAY_LDAP_BASE_DN: slapd.baseDn,
        SLIPWAY_LDAP_GROUP_FILTER: '(&(objectClass=groupOfNames)(member={dn}))',
        SLIPWAY_LDAP_ADMIN_GROUP: OPERATORS,
      },
    };
  });
  afterAll(async () => {
    await audit.close();
    await metadata.close();
    await slapd.stop();
    await folder.remove();
    await database.drop();
  });

  const settings = async (more: Partial<DirectorySettings> = {}): Promise<DirectorySettings> => ({
    url: new URL(slapd.url),
    startTls: false,
    ca: await readFile(slapd.ca, 'utf8'),
    bindDn: slapd.bindDn,
    bindPassword: slapd.bindPassword,
    baseDn: slapd.baseDn,
    userFilter: '(objectClass=person)',
    usernameAttribute: 'uid',
    groupAttribute: undefined,
    groupFilter: undefined,
    adminGroup: undefined,
    ...more,
  });
  /** All the ways in of a server, over the directory. */
  async function aSignIn(more: Partial<DirectorySettings> = {}) {
    const accounts = new ExternalAccounts(metadata);
    const log = pino({ level: 'silent' });
    const directory = new Directory(await settings(more), metadata, accounts, log);
    const identities = new Identities(metadata, Date.now);
    const passwords = new Passwords(metadata);
    const signIn = new SignIn({ metadata, identities, audit, passwords, directory });
    // Each from a place of its own, where nobody has failed before.
    return (username: string, password = `${username}'s password`) =>
      signIn.with(
        { username, password },
        { address: anAddress(), client: 'a test', requestId: 'a test' },
      );
  }

  describe('somebody of the directory', () => {
    it('signs in with their password there and has an account here', async () => {
      const identity = await (await aSignIn())('ada');

      expect(identity).toMatchObject({
        kind: 'account',
        name: 'ada',
        administrator: false,
        principal: { credential: { kind: 'directory', id: '' } },
      });
      expect(await metadata.tables.accounts.find('ada')).toMatchObject({
        origin: 'ldap',
        externalId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        passwordHash: undefined,
        email: 'ada@acme.example',
        displayName: 'ada of Acme',
      });
    });

    it('is one account, though they come twice at once, by other letters too', async () => {
      const signIn = await aSignIn();
      const both = await Promise.all([
        signIn('JDoe'),
        signIn('jdoe', "JDoe's password"),
        signIn('JDoe'),
      ]);

      expect(both.map((identity) => identity?.name)).toEqual(['jdoe', 'jdoe', 'jdoe']);
      expect(new Set(both.map((identity) => identity?.principal?.id)).size).toBe(1);
    });

    it.each([
      ['a wrong password', 'ada', 'wrong'],
      ['an empty password', 'ada', ''],
      ['an empty name', '', "ada's password"],
      ['an unknown name', 'nobody', "nobody's password"],
      ['the name of nobody', 'nobody', ''],
      ['every name', '*', "ada's password"],
      ['a name that is a pattern', 'ad*', "ada's password"],
      ['a name that closes the filter', 'ada)(uid=*', "ada's password"],
      ['a name with an or', '*)(|(uid=ada)', "ada's password"],
      ['a DN', `uid=ada,ou=people,${BASE}`, "ada's password"],
      ['a name with NUL', 'ada\0', "ada's password"],
      ['a name with a space', 'ada ', "ada's password"],
      ['a name in other letters', 'ADA', "ada's password"],
      ['an escaped name', '\\61da', "ada's password"],
      ['a very long name', 'a'.repeat(10_000), 'x'],
      ["another's password", 'ada', "bob's password"],
      ['an entry that is no person', 'machine', "machine's password"],
      ['a name that two have', 'twin', "twin's password"],
      ['the one whom people are looked up as', 'slipway', 'slipway-secret'],
    ])('is nobody with %s', async (_, username, password) => {
      expect(await (await aSignIn())(username, password)).toBeUndefined();
    });

    it('may be called by what elsewhere is a pattern', async () => {
      expect(await (await aSignIn())('star*')).toMatchObject({ name: 'star' });
    });

    it('never becomes who is here already, nor learns their password', async () => {
      const signIn = await aSignIn();

      expect(await signIn('local', "local's password")).toBeUndefined();
      expect(await signIn('local', 'here')).toMatchObject({ name: 'local' });
      expect(await metadata.tables.accounts.find('local')).toMatchObject({ origin: 'local' });
      await anOrganisation(database, 'late');
      await expect(signIn('late')).rejects.toMatchObject({ reason: 'denied' });
      expect(await metadata.tables.accounts.find('late')).toBeUndefined();
    });

    it('does not come in when their account is disabled', async () => {
      const signIn = await aSignIn();
      expect(await signIn('gone')).toBeDefined();
      await database.run(`update accounts set disabled_at = now() where username = 'gone'`);

      await expect((await aSignIn())('gone')).rejects.toMatchObject({ reason: 'denied' });
      for (;;) if ((await signIn('gone').catch(() => undefined)) === undefined) break;
    });

    it('is asked for once by many who come at once, and believed for a minute', async () => {
      const signIn = await aSignIn();
      expect(await Promise.all(Array.from({ length: 10 }, () => signIn('ada')))).toHaveLength(10);
      await slapd.modify(`dn: uid=ada,ou=people,${BASE}\nreplace: userPassword\nuserPassword: new`);
      try {
        expect(await signIn('ada')).toBeDefined();
        expect(await (await aSignIn())('ada')).toBeUndefined();
        expect(await (await aSignIn())('ada', 'new')).toBeDefined();
        const { jest } = import.meta;
        const now = performance.now.bind(performance);
        const spy = jest.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
        try {
          expect(await signIn('ada')).toBeUndefined();
        } finally {
          spy.mockRestore();
        }
      } finally {
        await slapd.modify(
          `dn: uid=ada,ou=people,${BASE}\nreplace: userPassword\nuserPassword: ada's password`,
        );
      }
    });

    it('takes about as much work to refuse, whether the name is known or not', async () => {
      const signIn = await aSignIn();
      const work = async (username: string, password: string) => {
        const begun = process.cpuUsage();
        for (let i = 0; i < 5; i++) await signIn(username, `${password} ${i}`);
        const { user, system } = process.cpuUsage(begun);
        return user + system;
      };
      await work('warm', 'up');
      const [unknown, wrong] = [await work('unknown', 'wrong'), await work('ada', 'wrong')];

      expect(unknown).toBeGreaterThan(wrong / 5);
      expect(wrong).toBeGreaterThan(unknown / 5);
    });
  });

  describe('groups of the directory', () => {
    const rightsOf = async (signIn: Awaited<ReturnType<typeof aSignIn>>, username: string) =>
      (await signIn(username))?.rights
        .map(({ pattern }) => pattern)
        .filter((each) => !each.startsWith(username));

    it.each<[string, Partial<DirectorySettings>]>([
      ['that are searched for', { groupFilter: '(&(objectClass=groupOfNames)(member={dn}))' }],
      ['that an attribute names', { groupAttribute: 'memberOf' }],
    ])('%s give rights and take them again', async (_, more) => {
      const membership = `dn: cn=web,ou=groups,${BASE}`;
      expect(await rightsOf(await aSignIn(more), 'ada')).toEqual(['acme/web-*']);

      await slapd.modify(`${membership}\ndelete: member\nmember: uid=ada,ou=people,${BASE}`);
      try {
        expect(await rightsOf(await aSignIn(more), 'ada')).toEqual([]);
      } finally {
        await slapd.modify(
          `${membership}\nreplace: member\nmember: uid=ada,ou=people,${BASE}\nmember: uid=bob,ou=people,${BASE}`,
        );
      }
    });

    it('make site administrators, as long as somebody is in the one that does', async () => {
      const administrators = { groupAttribute: 'memberOf', adminGroup: OPERATORS };
      expect(await (await aSignIn(administrators))('bob')).toMatchObject({ administrator: true });
      expect(await (await aSignIn(administrators))('ada')).toMatchObject({ administrator: false });
      const others = { groupAttribute: 'memberOf', adminGroup: 'cn=others' };
      expect(await (await aSignIn(others))('bob')).toMatchObject({ administrator: false });
    });
  });

  describe('a directory', () => {
    it.each<[string, () => Partial<DirectorySettings>]>([
      ['by TLS', () => ({ url: new URL(slapd.secureUrl) })],
      [
        'by TLS begun later',
        () => ({ url: new URL(slapd.url.replace('127.0.0.1', 'localhost')), startTls: true }),
      ],
    ])('is spoken to %s', async (_, more) => {
      expect(await (await aSignIn(more()))('ada')).toBeDefined();
    });

    it.each<[string, () => Partial<DirectorySettings>]>([
      [
        'whose certificate nobody vouches for',
        () => ({ url: new URL(slapd.secureUrl), ca: undefined }),
      ],
      ['whose certificate is for another', () => ({ url: new URL(slapd.misnamedUrl) })],
      ['whose certificate is for another, later', () => ({ startTls: true })],
      ['that does not listen', () => ({ url: new URL('ldap://127.0.0.1:1') })],
      ['that does not know us', () => ({ bindPassword: 'wrong' })],
      ['that is asked nonsense', () => ({ userFilter: '(((' })],
    ])('%s is not asked, and that is no wrong password', async (_, more) => {
      await expect((await aSignIn(more()))('ada')).rejects.toMatchObject({
        reason: 'identity-provider-unavailable',
      });
    });

    it('that fails is left alone for a moment, and asked again then', async () => {
      let connections = 0;
      const broken = createServer((socket) => {
        connections++;
        socket.on('error', () => undefined).destroy();
      }).listen(0, '127.0.0.1');
      await once(broken, 'listening');
      const { port } = broken.address() as AddressInfo;
      const { jest } = import.meta;
      const now = Date.now();
      const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
      try {
        const signIn = await aSignIn({ url: new URL(`ldap://127.0.0.1:${port}`) });
        const unavailable = { reason: 'identity-provider-unavailable' };
        for (let i = 0; i < 5; i++) await expect(signIn('ada')).rejects.toMatchObject(unavailable);
        const first = connections;
        clock.mockReturnValue(now + 1999);
        await expect(signIn('ada')).rejects.toMatchObject(unavailable);
        expect(connections).toBe(first);
        clock.mockReturnValue(now + 2000);
        await expect(signIn('ada')).rejects.toMatchObject(unavailable);
        expect(connections).toBe(2 * first);
      } finally {
        clock.mockRestore();
        broken.close();
      }
    });

    it('that is down keeps nobody out who has a password here', async () => {
      const signIn = await aSignIn({ url: new URL('ldap://127.0.0.1:1') });
      expect(await signIn('local', 'here')).toMatchObject({ name: 'local' });
    });
  });

  describe('a password of the directory', () => {
    const headers = { authorization: basic('ada', "ada's password") };

    it('is taken on /v2 and by the token endpoint, which gives no refresh token for it', async () => {
      expect((await server.askAsNobody('GET', '/v2/', { headers })).status).toBe(200);
      const got = await server.askAsNobody('GET', '/token?offline_token=true', { headers });
      expect(got.json()).toHaveProperty('token');
      expect(got.json()).not.toHaveProperty('refresh_token');
      const posted = await server.askAsNobody('POST', '/token', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          ...{ grant_type: 'password', username: 'ada', password: "ada's password" },
          ...{
            access_type: 'offline',
            scope: 'repository:acme/web-site:pull,push repository:x/y:pull',
          },
        }).toString(),
      });
      expect(posted.json()).toMatchObject({ scope: 'repository:acme/web-site:pull,push' });
      expect(posted.json()).not.toHaveProperty('refresh_token');
    });

    it('opens a web session', async () => {
      const browser = new Browser();
      const address = `${server.slipway.url}/api/v1/session`;
      const body = { username: 'bob', password: "bob's password" };
      expect((await browser.send('POST', address, body)).json()).toMatchObject({
        name: 'bob',
        administrator: true,
      });
      const own = `${server.slipway.url}/api/v1/account/sessions`;
      expect((await browser.ask('GET', own)).json()).toMatchObject({
        items: [{ method: 'directory' }],
      });
      const wrong = await browser.send('POST', address, { ...body, password: 'wrong' });
      expect(problem(wrong)).toEqual([401, 'wrong name or password']);
    });

    it('that is wrong is refused like any other', async () => {
      const answer = await server.askAsNobody('GET', '/v2/', {
        headers: { authorization: basic('ada', 'wrong') },
      });
      expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
    });
  });

  testClients(
    'a password of the directory',
    () => ({ host: server.slipway.host, folder: folder.path }),
    () => multiLayerImage(folder.path),
    () => Promise.resolve({ username: 'ada', password: "ada's password" }),
    'acme/web-site',
  );
});
