import { eventually, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { PASSWORD, Tenancy } from './tenancy.ts';

let database: TestDatabase;
let tenancy: Tenancy;
const server = suiteServer(async () => {
  database = await testDatabase();
  tenancy = new Tenancy(database);
  return { env: { SLIPWAY_DATABASE_URL: urlOf(database.connection) } };
});
afterAll(() => database.drop());

interface Event {
  readonly actor: string;
  readonly action: string;
  readonly outcome: string;
  readonly credential: string;
  readonly client: string;
}

const events = (where = 'true') =>
  database.query<Event>(
    `select actor, action, outcome, credential, client from audit_events where ${where} order by id`,
  );

const form = (fields: Readonly<Record<string, string>>) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});

test('no secret that was ever sent, right or wrong, stands anywhere in the audit log or the throttle', async () => {
  const secrets: string[] = [PASSWORD, server.slipway.password];
  const acme = await tenancy.organisation('acme');
  const ada = await tenancy.person('ada');
  const token = await tenancy.token('account_id', ada);
  const robot = await tenancy.robot(acme, 'ci');
  const robotToken = await tenancy.token('robot_id', robot);
  secrets.push(token.secret, robotToken.secret);
  const say = (authorization: string, path = '/token?scope=repository:ada/web:pull,push') => {
    secrets.push(authorization.replace(/^\w+ /, ''));
    return server.askAsNobody('GET', path, { headers: { authorization } });
  };

  for (const [name, secret] of [
    ['ada', PASSWORD],
    ['ada', token.secret],
    ['acme+ci', robotToken.secret],
    ['ada', 'wrong-horse-battery'],
    ['a-password-typed-as-a-name', 'and-another'],
    ['acme+ci', robotToken.secret.replace(/.$/, '_')],
    ['ada', robotToken.secret],
  ] as const) {
    secrets.push(secret);
    await say(basic(name, secret));
    await say(basic(name, secret), '/v2/');
    const fields = { grant_type: 'password', username: name, password: secret };
    const answer = await server.askAsNobody(
      'POST',
      '/token',
      form({ ...fields, access_type: 'offline' }),
    );
    const { token: registryToken, refresh_token: refresh } = answer.json() as Record<
      string,
      string
    >;
    for (const each of [registryToken, refresh]) if (each !== undefined) secrets.push(each);
    if (registryToken !== undefined) await say(`Bearer ${registryToken}`, '/v2/acme/web/tags/list');
    if (refresh !== undefined) {
      await server.askAsNobody(
        'POST',
        '/token',
        form({ grant_type: 'refresh_token', refresh_token: refresh }),
      );
    }
  }
  secrets.push('a-password-typed-as-a-name', 'not-a-refresh-token');
  await server.askAsNobody(
    'POST',
    '/token',
    form({ grant_type: 'refresh_token', refresh_token: 'not-a-refresh-token' }),
  );
  await server.pushImage('ada/web', 'v1');
  await server.ask('GET', '/v2/ada/web/tags/list?password=in-a-query');
  secrets.push('in-a-query');
  const enough = await eventually(
    () => events(`action = 'sign-in' and outcome = 'refused' and credential = 'refresh-token'`),
    (found) => found.length > 0,
  );
  expect(enough).toHaveLength(1);

  const text = JSON.stringify([
    await database.query('select * from audit_events'),
    await database.query('select * from sign_in_failures'),
  ]);
  expect(secrets.length).toBeGreaterThan(30);
  for (const secret of new Set(secrets)) {
    expect(text.includes(secret)).toBe(false);
    expect(text.includes(Buffer.from(secret).toString('base64'))).toBe(false);
  }
  const logged = server.slipway.log();
  for (const secret of new Set(secrets)) expect(logged.includes(secret)).toBe(false);
  expect(await events(`action = 'sign-in'`)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ actor: 'ada', outcome: 'done', credential: 'password' }),
      expect.objectContaining({ outcome: 'done', credential: `access-token:${token.id}` }),
      expect.objectContaining({ actor: 'acme+ci', outcome: 'done' }),
      expect.objectContaining({ actor: 'ada', outcome: 'refused', credential: 'password' }),
      expect.objectContaining({ actor: '', outcome: 'refused', credential: 'password' }),
    ]),
  );
});

test('what a push, a refusal and a stop leave is there after the stop', async () => {
  const authorization = basic('ada', PASSWORD);
  await server.askAsNobody('DELETE', '/v2/acme/gone/manifests/v1', {
    headers: { authorization, 'user-agent': 'last-before-the-stop' },
  });
  await server.slipway.restart();

  expect(await events(`client = 'last-before-the-stop'`)).toMatchObject([
    { actor: 'ada', action: 'sign-in', outcome: 'done' },
    { actor: 'ada', action: 'repository.delete', outcome: 'refused' },
  ]);
});

test('a push that is answered has its event, a push that fails says why, and a hundred pulls have none', async () => {
  await server.pushImage('ada/api', 'v2');
  expect(await events(`resource = 'ada/api:v2'`)).toMatchObject([
    { actor: 'admin', action: 'manifest.push', outcome: 'done' },
  ]);
  const count = async () => (await events()).length;
  await server.ask('PUT', '/v2/ada/api/manifests/bad', { body: '{}' });
  const [failed] = await eventually(
    () =>
      database.query<{ detail: unknown }>(
        `select detail from audit_events where resource = 'ada/api:bad'`,
      ),
    (found) => found.length > 0,
  );
  expect(failed?.detail).toEqual({ reason: 'manifest-invalid' });

  const before = await count();
  for (let n = 0; n < 100; n++) await server.ask('GET', '/v2/ada/api/manifests/v2');
  await server.ask('DELETE', '/v2/ada/api/manifests/v2');
  expect(await count()).toBe(before + 1);
});
