import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Asking, changes, type Endpoint, ENDPOINTS, requestOf } from '@slipway/api';
import { operatorFolder, SOCKET } from '../operator-path.ts';
import { COLUMNS, ROWS } from '../testing/api-answers.ts';
import { askingOf } from '../testing/api-asking.ts';
import { Tenancy } from '../testing/tenancy.ts';
import { basic, TestApp } from '../testing/test-app.ts';

/** What nothing changes: refusals, and what is only looked at. What changes something has a tenancy of its own. */
let shared: Tenancy;
let registryToken: string;
let app: TestApp;
let stopListening: () => Promise<void>;
const dataDir = mkdtempSync(join(tmpdir(), 'slipway-'));

beforeAll(async () => {
  // Each request comes from an address of its own, so that wrong passwords are not slowed down here.
  app = await TestApp.start({ SLIPWAY_TRUSTED_PROXIES: '127.0.0.1', SLIPWAY_TOKEN_RATE: '0' });
  stopListening = await app.listenForOperator(dataDir);
  shared = await Tenancy.make(app.metadata);
  const scope = `scope=repository:${shared.organisation}/web:pull,push,delete`;
  const answer = await app.fetch(`/token?service=slipway&${scope}`, headerOf('owner', shared));
  registryToken = ((await answer.json()) as { readonly token: string }).token;
});
afterAll(async () => {
  agent.destroy();
  await stopListening();
  await app.stop();
  rmSync(dataDir, { recursive: true });
});

const agent = new Agent({ keepAlive: true });
let asked = 0;

/** The `Authorization` of a column; '' for none. Wrong passwords are those of many, for a name's are counted. */
function headerOf(column: string, at: Tenancy): string {
  const people = ['outsider', 'member', 'pusher', 'maintain', 'admin', 'self', 'owner', 'founder'];
  switch (column) {
    case 'nobody':
    case 'operator':
      return '';
    case 'wrong':
      return basic(at.username(people[asked % people.length] ?? ''), 'not the right one');
    case 'regtoken':
      return `Bearer ${registryToken}`;
    default: {
      const half = column === 'disabled' && asked % 2 === 0 ? 'token of disabled' : column;
      const header = at.headers.get(half);
      if (header === undefined) throw new Error(`${half} has no credentials`);
      return header;
    }
  }
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function ask(column: string, endpoint: Endpoint, asking: Asking, at: Tenancy): Promise<Got> {
  const { method, path, body } = requestOf(endpoint, asking);
  asked++;
  const authorization = headerOf(column, at);
  const headers = {
    'x-forwarded-for': `10.0.${asked >> 8}.${asked & 255}`,
    ...(authorization !== '' && { authorization }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const socketPath = join(operatorFolder(dataDir), SOCKET);
  const { hostname, port } = new URL(app.url);
  const where = column === 'operator' ? { socketPath } : { hostname, port };
  return new Promise((resolve, reject) => {
    request({ ...where, agent, method, path, headers }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((body) => {
        resolve({ status, headers, body });
      }, reject);
    })
      .on('error', reject)
      .end(body);
  });
}

const byId = new Map(ENDPOINTS.map((endpoint) => [endpoint.id, endpoint]));

function find(id: string): Endpoint {
  const endpoint = byId.get(id);
  if (endpoint === undefined) throw new Error(`there is no endpoint ${id}`);
  return endpoint;
}

test('every endpoint stands in the table, with each thing that it can be asked about', () => {
  expect([...new Set(ROWS.map(({ endpoint }) => endpoint))].sort()).toEqual(
    [...byId.keys()].sort(),
  );
  expect(COLUMNS).toHaveLength(18);
  for (const endpoint of ENDPOINTS) {
    const of = ROWS.filter((row) => row.endpoint === endpoint.id).map((row) => row.of);
    expect(new Set(of).size).toBe(of.length);
    const named = Object.keys(endpoint.parameters.shape);
    const belongs = named.includes('namespace') || named.includes('organisation');
    const onRepository = named.includes('repository') || endpoint.id === 'repositories.create';
    if (belongs || onRepository) expect(of).toContain('nowhere');
    if (onRepository) expect(of).toEqual(['private', 'public', 'absent', 'nowhere']);
    if (named.includes('robot') || named.includes('grant')) {
      expect(of).toEqual(['-', 'private', 'absent', 'nowhere']);
    }
  }
});

test('the credentials that must not do are real ones', async () => {
  const tags = `/v2/${shared.organisation}/web/tags/list`;
  expect((await app.fetch(tags, `Bearer ${registryToken}`)).status).toBe(200);
  const { accounts } = app.metadata.tables;
  const disabled = await accounts.find(shared.username('disabled'));
  await accounts.setDisabled(disabled?.id ?? 0, false);
  app.metadata.access.changed();
  for (const column of ['disabled', 'token of disabled']) {
    expect((await app.fetch('/v2/', shared.headers.get(column) ?? '')).status).toBe(200);
  }
  await accounts.setDisabled(disabled?.id ?? 0, true);
  app.metadata.access.changed();
});

test.each(ROWS.map((row) => [row.endpoint, row.of, row] as const))(
  '%s of %s: everybody gets the answer that the table says',
  async (_endpoint, of, row) => {
    const endpoint = find(row.endpoint);
    const wrong = await Promise.all(
      COLUMNS.map(async (column) => {
        const expected = row.answers.get(column);
        const own = expected === 'ok' && changes(endpoint);
        const at = own ? await Tenancy.make(app.metadata) : shared;
        const got = await ask(column, endpoint, askingOf(endpoint, of, column, at), at);
        const word = got.status === endpoint.status ? 'ok' : String(got.status);
        return word === expected ? [] : [`${column}: ${word} instead of ${expected}: ${got.body}`];
      }),
    );
    expect(wrong.flat()).toEqual([]);
  },
);

/** What differs from answer to answer, and the name that was asked for. */
function withoutNames({ status, headers, body }: Got, names: readonly string[]): unknown {
  const rest = { ...headers, date: undefined, 'x-request-id': undefined };
  const answer = JSON.stringify({ status, headers: rest, body }).replace(
    /requestId\\":\\"[\w-]{36}/,
    'requestId',
  );
  // Whole names, for the id of a grant may be 2.
  return names.reduce(
    (text, name) => text.replaceAll(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'), '…'),
    answer,
  );
}

/** Ids of the same length that nothing has. */
const nothingOf = (id: string) =>
  id.replace(/[a-z]/g, 'q').replace(/[A-Z]/g, 'Q').replace(/\d/g, '9');

const askedAbout = ENDPOINTS.filter(({ parameters }) =>
  ['organisation', 'namespace', 'repository'].some((name) => name in parameters.shape),
);

describe('whoever may not see something is told of it what they are told of what is not there', () => {
  const same = async (
    column: string,
    endpoint: Endpoint,
    [there, gone]: readonly [Asking, Asking],
    names: readonly string[],
  ) => {
    const first = await ask(column, endpoint, there, shared);
    expect(first.status).toBeGreaterThan(400);
    const second = await ask(column, endpoint, gone, shared);
    expect(withoutNames(second, names)).toEqual(withoutNames(first, names));
  };
  const askedOf = (
    endpoint: Endpoint,
    renamed: Readonly<Record<string, string>>,
    of = 'private',
  ) => {
    const there = askingOf(endpoint, of, 'owner', shared);
    const parameters = { ...there.parameters, ...renamed };
    return [there, { ...there, parameters } as Asking] as const;
  };

  test.each(askedAbout.map((endpoint) => [endpoint.id, endpoint] as const))(
    "an outsider of another's organisation: %s",
    async (_, endpoint) => {
      const { organisation, nowhere } = shared;
      for (const what of ['private', '-']) {
        const [there] = askedOf(endpoint, {}, what);
        const everything = JSON.stringify(there).replaceAll(organisation, nowhere);
        const gone = JSON.parse(everything) as Asking;
        await same('outsider', endpoint, [there, gone], [organisation, nowhere]);
      }
    },
  );

  test.each(['outsider', 'member', 'robot'])(
    '%s of a repository, a robot, a grant, an invitation, a team, a secret and a trust',
    async (column) => {
      for (const endpoint of askedAbout) {
        const { shape } = endpoint.parameters;
        for (const name of ['repository', 'robot', 'grant', 'invitation', 'secret', 'trust']) {
          if (!(name in shape)) continue;
          // A robot sees the repositories of its grant, so that one is of no use here.
          if (column === 'robot' && name === 'repository') continue;
          const [there] = askedOf(endpoint, {});
          const id = String((there.parameters as Record<string, unknown>)[name]);
          const other =
            name === 'repository'
              ? id.replace('/web', '/abc')
              : name === 'robot'
                ? 'other'
                : nothingOf(id);
          await same(column, endpoint, askedOf(endpoint, { [name]: other }), [id, other]);
        }
      }
      // Members see their organisation's teams, and may change none of them.
      for (const endpoint of askedAbout.filter(
        ({ parameters, ...rest }) => 'team' in parameters.shape && changes({ parameters, ...rest }),
      )) {
        await same(column, endpoint, askedOf(endpoint, { team: 'kite' }), ['crew', 'kite']);
      }
    },
  );

  test.each(['outsider', 'member'])(
    '%s of a repository in what is sent with it',
    async (column) => {
      const { organisation: acme } = shared;
      const pair = (of: (repository: string) => Asking) => [of('web'), of('abc')] as const;
      const parameters = { namespace: acme };
      const cases: readonly (readonly [string, (repository: string) => Asking])[] = [
        ['grants.list', (repository) => ({ parameters, query: { repository } })],
        ['grants.who', (repository) => ({ parameters, query: { repository } })],
        [
          'grants.create',
          (pattern) => ({ parameters, body: { pattern, role: 'pull', team: 'crew' } }),
        ],
        ['robots.list', (repository) => ({ parameters, query: { repository } })],
        ['robots.create', (repository) => ({ parameters, body: { name: 'ci', repository } })],
        ['repositories.create', (name) => ({ body: { name: `${acme}/${name}` } })],
        [
          'why',
          (name) => ({
            query: {
              action: 'pull',
              repository: `${acme}/${name}`,
              account: shared.username('owner'),
            },
          }),
        ],
      ];
      for (const [id, of] of cases) {
        const endpoint = byId.get(id);
        if (endpoint === undefined) throw new Error(`there is no endpoint ${id}`);
        await same(column, endpoint, pair(of), [`web`, `abc`]);
      }
    },
  );

  test('an outsider of where their own repository could go, and of other people', async () => {
    const { organisation, nowhere } = shared;
    const mine = `${shared.username('outsider')}/mine`;
    const made = await ask(
      'outsider',
      find('repositories.create'),
      { body: { name: mine } },
      shared,
    );
    expect(made.status).toBe(201);
    const move = (name: string): Asking => ({ parameters: { repository: mine }, body: { name } });
    for (const [there, gone] of [
      [`${organisation}/web`, `${organisation}/abc`],
      [`${organisation}/web`, `${nowhere}/web`],
    ] as const) {
      await same(
        'outsider',
        find('repositories.move'),
        [move(there), move(gone)],
        [there, gone, organisation, nowhere],
      );
    }
    const [somebody, nobody] = [
      shared.username('member'),
      nowhere.padEnd(shared.username('member').length, 'x'),
    ];
    const account = (username: string): Asking => ({ parameters: { username } });
    for (const endpoint of ENDPOINTS.filter(({ id }) => id.startsWith('accounts.'))) {
      if (!('username' in endpoint.parameters.shape)) continue;
      const body = endpoint.example.body as Record<string, unknown> | undefined;
      const asking = (name: string) => ({ ...account(name), ...(body !== undefined && { body }) });
      await same('outsider', endpoint, [asking(somebody), asking(nobody)], [somebody, nobody]);
    }
    const why = (name: string): Asking => ({
      query: { action: 'pull', repository: `${organisation}/web`, account: name },
    });
    await same('outsider', find('why'), [why(somebody), why(nobody)], [somebody, nobody]);
    const audit = (namespace: string): Asking => ({ parameters: { namespace } });
    await same(
      'outsider',
      find('audit.of'),
      [audit(organisation), audit(nowhere)],
      [organisation, nowhere],
    );
  });
});
