import { eventually, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { hashPassword } from '../../src/auth/passwords.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, serverOf } from '../protocol/suite-server.ts';
import { startSlipway, type Slipway } from '../slipway.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { PASSWORD, Tenancy } from './tenancy.ts';

const startLimit = 90_000;
const adminPassword = 'one-for-both-of-them';

let database: TestDatabase;
let folder: TempFolder;
let tenancy: Tenancy;
const started: Slipway[] = [];

const [one, other] = [0, 1].map((n) =>
  serverOf(() => {
    const slipway = started[n];
    if (slipway === undefined) throw new Error('the servers did not start');
    return { ...slipway, pid: slipway.pid, password: adminPassword };
  }),
) as [ReturnType<typeof serverOf>, ReturnType<typeof serverOf>];

const acme = { id: 0 };

beforeAll(async () => {
  database = await testDatabase();
  tenancy = new Tenancy(database);
  folder = await tempFolder('revocation');
  const options = {
    dataDir: folder.path,
    env: {
      SLIPWAY_DATABASE_URL: urlOf(database.connection),
      SLIPWAY_ADMIN_PASSWORD: adminPassword,
    },
  };
  started.push(await startSlipway(options), await startSlipway(options));
  acme.id = await tenancy.organisation('acme');
  await one.pushImage('acme/web', 'v1');
}, startLimit);

afterAll(async () => {
  await Promise.all(started.map((slipway) => slipway.stop()));
  await folder.remove();
  await database.drop();
}, startLimit);

let people = 0;

/** Somebody who may pull by a grant, with a password and a token, known to both servers. */
async function somebody() {
  const name = `person-${people++}`;
  const id = await tenancy.person(name);
  const grant = await tenancy.grant(acme.id, 'web', 'pull', 'account_id', id);
  const token = await tenancy.token('account_id', id);
  return { id, name, grant, token };
}

const pull = async (server: typeof one, authorization: string | undefined) => {
  const headers = authorization === undefined ? {} : { authorization };
  return (await server.askAsNobody('GET', '/v2/acme/web/manifests/v1', { headers })).status;
};

async function bearerOf(authorization: string | undefined): Promise<string> {
  const headers = authorization === undefined ? {} : { authorization };
  const path = '/token?service=slipway&scope=repository:acme/web:pull';
  const answer = await one.askAsNobody('GET', path, { headers });
  return `Bearer ${(answer.json() as { token: string }).token}`;
}

/** Both come to the answer, and never give another from then on. Who keeps on with what is refused is slowed down. */
async function bothAnswer(authorization: string | undefined, status: number): Promise<void> {
  for (const server of [one, other]) {
    const last = await eventually(
      () => pull(server, authorization),
      (answer) => isAnswer(answer, status),
    );
    expect([last, isAnswer(last, status)]).toEqual([last, true]);
    for (let n = 0; n < 5; n++) {
      const again = await pull(server, authorization);
      expect([again, isAnswer(again, status)]).toEqual([again, true]);
    }
  }
}

const isAnswer = (answer: number, status: number) =>
  answer === status || (status === 401 && answer === 429);

const CHANGES: readonly (readonly [
  what: string,
  status: number,
  change: (who: Awaited<ReturnType<typeof somebody>>) => Promise<unknown>,
  by: 'password' | 'token',
])[] = [
  ['a token is revoked', 401, ({ token }) => tenancy.revoke(token), 'token'],
  [
    'a token expires',
    401,
    ({ token }) =>
      database.query(`update access_tokens set expires_at = now() where id = $1`, [token.id]),
    'token',
  ],
  [
    'the scopes of a token are narrowed',
    403,
    ({ token }) =>
      database.query(`update access_tokens set scopes = '[]' where id = $1`, [token.id]),
    'token',
  ],
  ['an account is disabled', 401, ({ id }) => tenancy.disable('accounts', id), 'password'],
  ['an account of a token is disabled', 401, ({ id }) => tenancy.disable('accounts', id), 'token'],
  [
    'a password is changed',
    401,
    async ({ id }) => {
      const hash = await hashPassword('another');
      await database.query('update accounts set password_hash = $2 where id = $1', [id, hash]);
    },
    'password',
  ],
  [
    'a grant is taken back',
    403,
    ({ grant }) => database.query('delete from role_grants where id = $1', [grant]),
    'password',
  ],
  [
    'a grant is for another repository from now on',
    403,
    ({ grant }) =>
      database.query(`update role_grants set pattern = 'elsewhere' where id = $1`, [grant]),
    'token',
  ],
];

describe.each(CHANGES)('when %s', (_, status, change, by) => {
  test('both servers refuse what they allowed before, and what was had with it', async () => {
    const who = await somebody();
    const shown = basic(who.name, by === 'password' ? PASSWORD : who.token.secret);
    const bearer = await bearerOf(shown);
    for (const authorization of [shown, bearer]) await bothAnswer(authorization, 200);

    await change(who);

    for (const authorization of [bearer, shown]) await bothAnswer(authorization, status);
  });
});

test('a repository that is private again is nobody’s any more, and so are the tokens for it', async () => {
  await tenancy.setVisibility('acme/web', 'public');
  const bearer = await eventually(
    () => bearerOf(undefined),
    (token) => Buffer.from(token.split('.')[1] ?? '', 'base64url').includes('acme/web'),
  );
  for (const authorization of [undefined, bearer]) await bothAnswer(authorization, 200);

  await tenancy.setVisibility('acme/web', 'private');

  for (const authorization of [bearer, undefined]) await bothAnswer(authorization, 401);
});

test('who leaves a team has its role no more, and who is made owner may at once', async () => {
  const name = `person-${people++}`;
  const id = await tenancy.person(name);
  await tenancy.member(acme.id, id, 'member');
  const team = await tenancy.team(acme.id, 'pullers', id);
  await tenancy.grant(acme.id, 'w*', 'pull', 'team_id', team);
  const shown = basic(name, PASSWORD);
  await bothAnswer(shown, 200);

  await database.query('delete from team_members where account_id = $1', [id]);
  await bothAnswer(shown, 403);

  await database.query(`update organisation_members set role = 'owner' where account_id = $1`, [
    id,
  ]);
  await bothAnswer(shown, 200);
});

test('a robot that is disabled, and one whose secret is exchanged for another, are refused', async () => {
  const id = await tenancy.robot(acme.id, 'ci');
  await tenancy.grant(acme.id, 'web', 'pull', 'robot_id', id);
  const [before, after] = [
    await tenancy.token('robot_id', id),
    await tenancy.token('robot_id', id),
  ];
  const shown = basic('acme+ci', before.secret);
  await bothAnswer(shown, 200);
  await tenancy.revoke(before);
  await bothAnswer(shown, 401);
  await bothAnswer(basic('acme+ci', after.secret), 200);

  await tenancy.disable('robots', id);
  await bothAnswer(basic('acme+ci', after.secret), 401);
});

test('a key that is withdrawn takes its tokens with it on both, and clients get new ones', async () => {
  const who = await somebody();
  const bearer = await bearerOf(basic(who.name, PASSWORD));
  await bothAnswer(bearer, 200);

  await database.query('delete from signing_keys');
  await database.query(`insert into signing_keys (id, private_jwk) values ('another', $1)`, [
    await anotherKey(),
  ]);

  await bothAnswer(bearer, 401);
  await bothAnswer(await bearerOf(basic(who.name, PASSWORD)), 200);
});

async function anotherKey(): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}

test('failed sign-ins at one server count at the other', async () => {
  const { name } = await somebody();
  const status = async (server: typeof one, password: string) =>
    (
      await server.askAsNobody('GET', '/token', {
        headers: { authorization: basic(name, password) },
      })
    ).status;
  for (let n = 0; n < 5; n++) expect(await status(one, `guess ${n}`)).toBe(401);
  await database.query('update sign_in_failures set failures = failures + 8');

  expect(await status(other, 'guess')).toBe(429);
  expect(await status(other, PASSWORD)).toBe(429);
});
