import { randomUUID } from 'node:crypto';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ENDPOINTS } from '../../src/distribution/endpoints.ts';
import { digestOf } from '../protocol/content.ts';
import { type Answer } from '../protocol/exchange.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { COLUMNS, ENDPOINT_ROWS, ROWS, type Row, SITE } from './expected.ts';
import { PASSWORD, type Role, Tenancy } from './tenancy.ts';

const REPOSITORIES = { private: 'acme/private', public: 'acme/public', absent: 'acme/absent' };
const PEOPLE = [
  ...['none', 'pull', 'push', 'maintain', 'admin'],
  ...['owner', 'member', 'outsider', 'administrator'],
];
const ROBOTS = ['none', 'pull', 'push', 'maintain', 'admin'];
const GRANTED: readonly string[] = ['pull', 'push', 'maintain', 'admin'];

/** Requests at once. */
const WIDTH = 4;

let database: TestDatabase;
let tenancy: Tenancy;
let blob: string;
let manifest: string;
const server = suiteServer(async () => {
  database = await testDatabase();
  tenancy = new Tenancy(database);
  return {
    env: {
      SLIPWAY_DATABASE_URL: urlOf(database.connection),
      // Each request from an address of its own, so that wrong passwords are not slowed down here.
      SLIPWAY_TRUSTED_PROXIES: '127.0.0.1',
      SLIPWAY_TOKEN_RATE: '0',
      SLIPWAY_ANONYMOUS_TOKEN_RATE: '0',
      SLIPWAY_ANONYMOUS_PULL_RATE: '0',
    },
  };
});
afterAll(() => database.drop());

/** The `Authorization` of each role with each credential; `undefined` for none. */
const headers = new Map<string, string | undefined>();
const keyOf = (role: string, credential: string) => `${role} | ${credential}`;

const everything = [
  ...Object.values(REPOSITORIES).map((name) => `repository:${name}:pull,push,delete`),
  'registry:catalog:*',
];

async function registryToken(authorization: string | undefined, scopes = everything) {
  const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&');
  const answer = await server.askAsNobody(
    'GET',
    `/token?service=slipway&offline_token=1&${query}`,
    {
      headers: authorization === undefined ? {} : { authorization },
    },
  );
  const { token, refresh_token: refresh = '' } = answer.json() as Record<string, string>;
  return { bearer: `Bearer ${token}`, refresh };
}

const acme = { id: 0 };
const hourAgo = () => new Date(Date.now() - 3_600_000);

async function aPerson(role: string): Promise<{ id: number; name: string }> {
  const name = `${role}-${randomUUID().slice(0, 8)}`;
  const id = await tenancy.person(name, { administrator: role === 'administrator' });
  if (role === 'owner' || role === 'member') await tenancy.member(acme.id, id, role);
  if (role === 'outsider') {
    const elsewhere = await tenancy.organisation(`elsewhere-${name}`);
    await tenancy.member(elsewhere, id, 'owner');
  }
  if (role === 'push' || role === 'admin') {
    await tenancy.grant(acme.id, '*', role, 'account_id', id);
  }
  if (role === 'pull' || role === 'maintain') {
    await tenancy.member(acme.id, id, 'member');
    const team = await tenancy.team(acme.id, name, id);
    await tenancy.grant(acme.id, '*', role, 'team_id', team);
  }
  return { id, name };
}

async function enrolPerson(role: string): Promise<void> {
  const { id, name } = await aPerson(role);
  const set = (credential: string, header: string) => headers.set(keyOf(role, credential), header);
  const token = async (fields = {}) => tenancy.token('account_id', id, fields);
  const elsewhere = { scopes: [{ repositories: 'other/*', actions: ['pull', 'push', 'delete'] }] };
  const scoped = { scopes: [{ repositories: 'acme/*', actions: ['pull'] }] };

  const password = basic(name, PASSWORD);
  set('password', password);
  set('wrong password', basic(name, `not ${PASSWORD}`));
  const { bearer, refresh } = await registryToken(password);
  set('registry token of password', bearer);
  set('refresh token as a registry token', `Bearer ${refresh}`);
  const onePull = [`repository:${REPOSITORIES.private}:pull`];
  set('registry token for one pull', (await registryToken(password, onePull)).bearer);

  const whole = basic(name, (await token()).secret);
  set('whole access token', whole);
  set('registry token of whole', (await registryToken(whole)).bearer);
  const limited = basic(name, (await token(scoped)).secret);
  set('scoped access token', limited);
  set('registry token of scoped', (await registryToken(limited)).bearer);
  set('access token elsewhere', basic(name, (await token(elsewhere)).secret));
  set('expired access token', basic(name, (await token({ expiresAt: hourAgo() })).secret));
  const revoked = await token();
  set('revoked access token', basic(name, revoked.secret));
  set('registry token of revoked', (await registryToken(basic(name, revoked.secret))).bearer);
  await tenancy.revoke(revoked);

  const gone = await aPerson(role);
  const goneToken = await tenancy.token('account_id', gone.id);
  set('password of disabled', basic(gone.name, PASSWORD));
  set('access token of disabled', basic(gone.name, goneToken.secret));
  set('registry token of disabled', (await registryToken(basic(gone.name, PASSWORD))).bearer);
  await tenancy.disable('accounts', gone.id);
}

async function enrolRobot(role: string): Promise<void> {
  const make = async (name: string) => {
    const id = await tenancy.robot(acme.id, name);
    if (GRANTED.includes(role)) {
      await tenancy.grant(acme.id, '*', role as Role, 'robot_id', id);
    }
    return { id, secret: basic(`acme+${name}`, (await tenancy.token('robot_id', id)).secret) };
  };
  const set = (credential: string, header: string) =>
    headers.set(keyOf(`robot:${role}`, credential), header);

  const robot = await make(role);
  set('robot secret', robot.secret);
  set('registry token of robot', (await registryToken(robot.secret)).bearer);
  const expired = await tenancy.token('robot_id', robot.id, { expiresAt: hourAgo() });
  set('expired robot secret', basic(`acme+${role}`, expired.secret));
  const gone = await make(`${role}-gone`);
  set('robot secret of disabled', gone.secret);
  set('registry token of disabled robot', (await registryToken(gone.secret)).bearer);
  await tenancy.disable('robots', gone.id);
}

beforeAll(async () => {
  acme.id = await tenancy.organisation('acme');
  const image = await server.pushImage(REPOSITORIES.public, 'v1');
  for (const { digest } of [image.config, image.layer]) {
    const query = `?mount=${digest}&from=${REPOSITORIES.public}`;
    await server.ask('POST', `/v2/${REPOSITORIES.private}/blobs/uploads/${query}`);
  }
  await server.pushManifest(REPOSITORIES.private, 'v1', image.bytes);
  [manifest, blob] = [image.digest, image.layer.digest];
  await tenancy.setVisibility(REPOSITORIES.public, 'public');
  for (const role of PEOPLE) await enrolPerson(role);
  for (const role of ROBOTS) await enrolRobot(role);
  headers.set(keyOf('anonymous', 'no credentials'), undefined);
  headers.set(
    keyOf('anonymous', 'anonymous registry token'),
    (await registryToken(undefined)).bearer,
  );
  // What was changed last is known everywhere within a second.
  await new Promise((resolve) => setTimeout(resolve, 1000));
});

let asked = 0;
async function ask(
  method: string,
  path: string,
  authorization: string | undefined,
  body?: string,
): Promise<Answer> {
  asked++;
  const from = `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`;
  return server.askAsNobody(method, path, {
    headers: { 'x-forwarded-for': from, ...(authorization !== undefined && { authorization }) },
    ...(body !== undefined && { body }),
  });
}

const NOBODY_HAS = digestOf('nobody has this');

/** What is there where something is asked for, and what is not there where it would be changed. */
function pathOf(method: string, path: string, name: string): string {
  const changes = method !== 'GET' && method !== 'HEAD';
  const query = method === 'PUT' && path.includes(':session') ? `?digest=${NOBODY_HAS}` : '';
  const filled = path
    .replace(':name', name)
    .replace(':session', '00000000-0000-4000-8000-000000000000')
    .replace(':digest', changes ? NOBODY_HAS : path.includes('referrers') ? manifest : blob)
    .replace(':reference', method === 'DELETE' ? NOBODY_HAS : 'v1');
  return `/v2${filled}${query}`;
}

/** What the answer is in the words of the table; all of it when it is none of them. */
function wordOf(answer: Answer, allowed: number): string {
  const challenge = answer.headers['www-authenticate'];
  const error = /error="(?<error>\w+)"/.exec(challenge ?? '')?.groups?.error;
  if (answer.status === allowed) return 'ok';
  if (answer.status === 403 && challenge === undefined) return 'no';
  if (answer.status === 401 && error === 'insufficient_scope') return 'scope';
  if (answer.status === 401 && error === 'invalid_token') return 'bad';
  if (answer.status === 401 && error === undefined) return 'login';
  return `${answer.status} ${challenge ?? ''} ${answer.body.toString()}`;
}

interface Cell {
  readonly row: Row;
  readonly column: string;
  readonly method: string;
  readonly path: string;
  readonly allowed: number;
  readonly body?: string;
}

function cellsOf(row: Row): Cell[] {
  const inRepositories = Object.entries(REPOSITORIES).flatMap(([visibility, name]) =>
    ENDPOINT_ROWS.map(({ method, path, action, there, absent }) => ({
      row,
      column: `${visibility} ${action}`,
      method,
      path: pathOf(method, path, name),
      allowed: visibility === 'absent' ? absent : there,
      ...(method === 'PUT' && { body: '{}' }),
    })),
  );
  const site = { '/v2/': '/v2/', catalog: '/v2/_catalog', token: '/token?service=slipway' };
  return [
    ...inRepositories,
    ...SITE.map((column) => ({ row, column, method: 'GET', path: site[column], allowed: 200 })),
  ];
}

const CELLS = () => ROWS.flatMap(cellsOf);

test('every endpoint of the protocol stands in the table, with the action that it needs', () => {
  const ofTable = ENDPOINT_ROWS.map(({ method, path, action }) => `${method} ${path} ${action}`);
  const ofCode = ENDPOINTS.map(({ method, path, action }) => `${method} ${path} ${action}`);
  expect(ofTable.sort()).toEqual(ofCode.sort());
});

test('no cell is missing: every role with every credential, for every endpoint and visibility', () => {
  const people = ROWS.filter(({ role }) => PEOPLE.includes(role));
  const robots = ROWS.filter(({ role }) => role.startsWith('robot:'));
  const credentials = (rows: readonly Row[]) => new Set(rows.map(({ credential }) => credential));
  expect(credentials(people).size).toBe(16);
  expect(people).toHaveLength(PEOPLE.length * 16);
  expect(credentials(robots).size).toBe(5);
  expect(robots).toHaveLength(ROBOTS.length * 5);
  expect(ROWS).toHaveLength(people.length + robots.length + 2);
  expect(new Set(ROWS.map(({ role, credential }) => keyOf(role, credential))).size).toBe(
    ROWS.length,
  );
  for (const { words } of ROWS) expect([...words.keys()]).toEqual(COLUMNS);
  for (const { role, credential } of ROWS) expect(headers.has(keyOf(role, credential))).toBe(true);
  expect(CELLS()).toHaveLength(ROWS.length * (ENDPOINT_ROWS.length * 3 + 3));
});

test.each([...new Set(ROWS.map(({ credential }) => credential))])(
  'with %s everybody gets the answers that the table says',
  async (credential) => {
    const cells = CELLS().filter(({ row }) => row.credential === credential);
    const wrong: string[] = [];
    const work = async (): Promise<void> => {
      for (let cell = cells.pop(); cell !== undefined; cell = cells.pop()) {
        const { row, column, method, path, allowed, body } = cell;
        const authorization = headers.get(keyOf(row.role, credential));
        const answer = await ask(method, path, authorization, body);
        const expected = row.words.get(column);
        const word = wordOf(answer, allowed);
        // Basic has no way to say that credentials are wrong but to ask for others, and /token no challenge.
        const same = word === expected || (expected === 'bad' && word === 'login');
        if (!same) wrong.push(`${row.role} ${method} ${path}: ${word} instead of ${expected}`);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    expect(wrong.sort()).toEqual([]);
  },
  300_000,
);

test('in a namespace where a push creates nothing, only who administers it makes a repository', async () => {
  const strict = await tenancy.organisation('strict', { createOnPush: false });
  const [pusher, owner] = [await aPerson('none'), await aPerson('none')];
  await tenancy.grant(strict, '*', 'push', 'account_id', pusher.id);
  await tenancy.member(strict, owner.id, 'owner');
  await server.pushImage('strict/there');
  const start = async (name: string, who: string) =>
    (await ask('POST', `/v2/strict/${name}/blobs/uploads/`, basic(who, PASSWORD))).status;

  expect(await start('absent', pusher.name)).toBe(403);
  expect(await start('there', pusher.name)).toBe(202);
  expect(await start('absent', owner.name)).toBe(202);
  expect(await start('absent', server.slipway.username)).toBe(401);
});

test('a namespace that was renamed is found for pulls under its old name, by who may, and not for pushes', async () => {
  const { id, name } = await aPerson('none');
  const before = await tenancy.organisation('old-name');
  await tenancy.grant(before, 'web', 'push', 'account_id', id);
  await server.pushImage('old-name/web', 'v1');
  await tenancy.withMetadata((metadata) =>
    metadata.transaction(({ namespaces }) => namespaces.rename(before, 'old-name', 'new-name')),
  );
  const status = async (method: string, path: string, who: string | undefined) => {
    const authorization = who === undefined ? undefined : basic(who, PASSWORD);
    return (await ask(method, path, authorization)).status;
  };
  const stranger = await aPerson('none');
  const settled = async (path: string) => {
    for (let tries = 0; tries < 100; tries++) {
      if ((await status('GET', path, name)) === 200) return 200;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return 'never';
  };

  expect(await settled('/v2/new-name/web/manifests/v1')).toBe(200);
  expect(await settled('/v2/old-name/web/manifests/v1')).toBe(200);
  expect(await status('GET', '/v2/old-name/web/manifests/v1', stranger.name)).toBe(403);
  expect(await status('GET', '/v2/old-name/web/manifests/v1', undefined)).toBe(401);
  expect(await status('POST', '/v2/old-name/web/blobs/uploads/', name)).toBe(403);
  expect(await status('POST', '/v2/new-name/web/blobs/uploads/', name)).toBe(202);
  const pull = await registryToken(basic(name, PASSWORD), ['repository:old-name/web:pull,push']);
  expect((await ask('GET', '/v2/old-name/web/manifests/v1', pull.bearer)).status).toBe(200);
  expect((await ask('POST', '/v2/old-name/web/blobs/uploads/', pull.bearer)).status).toBe(403);
});
