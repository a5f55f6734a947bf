import { type AuditEvent, Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { ANONYMOUS, type Identity } from './access.ts';
import { type By, onRepository } from './audit-event.ts';
import { AuditLog } from './audit-log.ts';
import type { Principal } from './principal.ts';

const { jest } = import.meta;

const ASKING = { address: '192.0.2.1', client: 'docker/28', requestId: 'a-request' };
const WEB = named('acme/web');

let database: TestDatabase;
let metadata: Metadata;
let clock: number;
let reported: unknown[];
let log: AuditLog;
beforeEach(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  clock = Date.now();
  reported = [];
  log = new AuditLog(
    metadata,
    () => clock,
    (error) => reported.push(error),
  );
});
afterEach(async () => {
  await log.close();
  await metadata.close();
  await database.drop();
});

function person(name: string, more: Partial<Identity> = {}): Identity {
  const credential = { kind: 'access-token', id: 'f00d' } as const;
  const principal: Principal = { kind: 'account', id: 1, credential };
  return { ...ANONYMOUS, kind: 'account', name, principal, ...more };
}

const ADMIN = person('admin', { administrator: true });
const ADA = person('ada');
const by = (identity: Identity): By => ({ identity, asking: ASKING });
const pushed = (name = WEB) => onRepository('manifest.push', name, undefined, { digest: 'd' });
const all = async () => (await log.list(ADMIN, {}, { before: undefined, limit: 1000 })).events;
const actions = (events: readonly AuditEvent[]) => events.map(({ action }) => action);

test('what is done stands there at once, with who, with what, where and from where', async () => {
  await log.done(by(ADA), pushed());

  expect(await all()).toEqual([
    {
      id: 1,
      at: expect.any(Date) as Date,
      actor: 'ada',
      actorKind: 'account',
      credential: 'access-token:f00d',
      action: 'manifest.push',
      resource: 'acme/web',
      namespace: 'acme',
      outcome: 'done',
      ...ASKING,
      detail: { digest: 'd' },
    },
  ]);
});

test('a change and its event are there together, or not at all', async () => {
  const { auditEvents } = metadata.tables;
  await expect(
    metadata.transaction(async (tables) => {
      await tables.auditEvents.insert([{ ...event(), action: 'undone' }]);
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await auditEvents.list({}, undefined, 10)).toEqual([]);
});

test('what is refused is written soon after, the same things as one with their number', async () => {
  for (let n = 0; n < 300; n++)
    log.refused(by(ADA), onRepository('repository.pull', WEB, undefined));
  log.failed(by(ADA), pushed());
  expect(await all()).toEqual([]);

  await log.close();

  expect(await all()).toMatchObject([
    { action: 'manifest.push', outcome: 'failed', detail: { digest: 'd' } },
    { action: 'repository.pull', outcome: 'refused', detail: { times: 300 } },
  ]);
});

test('a flood is bounded, and it says how much of it is lost', async () => {
  for (let n = 0; n < 7000; n++) {
    log.refused(by(ADA), onRepository('repository.pull', named(`acme/r${n}`), undefined));
  }
  await log.close();

  const [{ total } = { total: 0 }] = await database.query<{ total: string }>(
    'select count(*) as total from audit_events',
  );
  expect(Number(total)).toBe(5001);
  expect(await all()).toContainEqual(
    expect.objectContaining({ action: 'audit.lost', detail: { times: 2000 } }),
  );
});

test('while the database does not answer, it waits', async () => {
  const { auditEvents } = metadata.tables;
  const insert = jest.spyOn(auditEvents, 'insert').mockRejectedValueOnce(new Error('gone'));
  log.refused(by(ADA), pushed());
  await log.close();
  expect(reported).toHaveLength(1);
  insert.mockRestore();
  log.refused(by(ADA), pushed());

  await log.close();

  expect(await all()).toMatchObject([{ outcome: 'refused', detail: { times: 2 } }]);
});

test('a sign-in is written once for each credential, place and client in a while', async () => {
  for (let n = 0; n < 50; n++) log.signedIn(by(ADA));
  log.signedIn({ identity: ADA, asking: { ...ASKING, address: '198.51.100.7' } });
  clock += 900_000;
  log.signedIn(by(ADA));
  await log.close();

  expect(await all()).toMatchObject([
    { action: 'sign-in', actor: 'ada', namespace: 'ada', address: '198.51.100.7' },
    { action: 'sign-in', actor: 'ada', namespace: 'ada', detail: { times: 2 } },
  ]);
});

test('a refused sign-in names whom there is, and never what somebody typed where a name belongs', async () => {
  await metadata.tables.accounts.insert({
    ...{ username: 'ada', passwordHash: 'x', administrator: false },
  });
  await database.query(`insert into namespaces (name, kind) values ('acme', 'organisation')`);
  await database.query(
    `insert into robots (namespace_id, name, created_by) select id, 'ci', 'ada' from namespaces where name = 'acme'`,
  );
  for (const name of [
    'ada',
    'acme+ci',
    'correct horse',
    'ada\0',
    '',
    'acme+',
    'acme+ci+x',
    '\ud800',
  ]) {
    log.signInRefused(name, 'password', ASKING);
  }
  await log.close();

  const events = await all();
  expect(events.map(({ actor, namespace }) => [actor, namespace])).toEqual(
    expect.arrayContaining([
      ['ada', 'ada'],
      ['acme+ci', 'acme'],
      ['', undefined],
    ]),
  );
  expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(['ada', 'acme+ci', '']));
  expect(JSON.stringify(events)).not.toContain('correct horse');
});

test('what a client says of itself is kept short, and is text', async () => {
  const asking = { ...ASKING, client: `a\0\u0007\ud800${'b'.repeat(9000)}` };
  await log.done({ identity: ADA, asking }, pushed());

  const [{ client } = { client: '' }] = await all();
  expect(client).toMatch(/^a {2}\ufffdb+$/);
  expect(client).toHaveLength(512);
});

test('nobody changes or removes what stands there', async () => {
  await log.done(by(ADA), pushed());
  for (const statement of [
    `update audit_events set actor = 'eve'`,
    'delete from audit_events',
    'truncate audit_events',
  ]) {
    await expect(database.query(statement)).rejects.toThrow('audit_events is append-only');
  }
});

describe('reading', () => {
  beforeEach(async () => {
    for (const [name, repository] of [
      ['ada', 'acme/web'],
      ['ada', 'acme/api'],
      ['bob', 'acme/web'],
      ['bob', 'other/web'],
    ] as const) {
      await log.done(by(person(name)), pushed(named(repository)));
    }
    await log.done(by(ADA), onRepository('tag.delete', WEB, undefined));
  });

  const OWNER = person('ada', { memberships: [{ namespace: 'acme', role: 'owner' }] });
  const MEMBER = person('bob', { memberships: [{ namespace: 'acme', role: 'member' }] });
  const page = { before: undefined, limit: 100 };

  test.each([
    [{}, 5],
    [{ actor: 'ada' }, 3],
    [{ actor: 'ada', action: 'tag.delete' }, 1],
    [{ resource: 'acme/' }, 4],
    [{ resource: 'acme/w' }, 3],
    [{ resource: '%' }, 0],
    [{ namespace: 'other' }, 1],
    [{ namespace: 'acme', actor: 'bob' }, 1],
    [{ outcome: 'done' as const }, 5],
    [{ outcome: 'refused' as const }, 0],
    [{ since: new Date(0), until: new Date('2300-01-01') }, 5],
    [{ until: new Date(0) }, 0],
    [{ actor: undefined, since: undefined }, 5],
  ])('by %j there are %i', async (filter, count) => {
    expect((await log.list(ADMIN, filter, page)).events).toHaveLength(count);
  });

  test('goes page by page, each event once, though others are written meanwhile', async () => {
    const seen: number[] = [];
    for (let before: number | undefined; ;) {
      const { events, ...next } = await log.list(ADMIN, {}, { before, limit: 2 });
      seen.push(...events.map(({ id }) => id));
      await log.done(by(ADA), pushed());
      before = next.before;
      if (before === undefined) break;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  test('is for owners in their namespace, and for site administrators everywhere', async () => {
    expect((await log.list(OWNER, { namespace: 'acme' }, page)).events).toHaveLength(4);
    for (const [reader, filter] of [
      [OWNER, {}],
      [OWNER, { namespace: 'other' }],
      [MEMBER, { namespace: 'acme' }],
      [person('eve'), { namespace: 'acme' }],
      [ANONYMOUS, { namespace: 'acme' }],
      [
        person('admin', {
          administrator: true,
          limits: [{ of: 'access-token', grants: undefined, api: false }],
        }),
        {},
      ],
    ] as const) {
      await expect(log.list(reader, filter, page)).rejects.toThrow(/may not|sign in|does not hold/);
      expect(() => log.export(reader, filter)).toThrow();
    }
  });

  test('all of it comes as lines of JSON', async () => {
    const events = Array.from({ length: 2500 }, (_, n) => ({ ...event(), resource: `r${n}` }));
    await metadata.tables.auditEvents.insert(events);
    let text = '';
    for await (const lines of log.export(ADMIN, {})) text += lines;

    const read = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number });
    expect(read).toHaveLength(2505);
    expect(new Set(read.map(({ id }) => id)).size).toBe(2505);
    expect(actions(await all())).toHaveLength(1000);
  });
});

function event() {
  return {
    ...{ at: undefined, actor: 'ada', actorKind: 'account', credential: 'password' },
    ...{ action: 'a.b', resource: 'r', namespace: undefined, outcome: 'done' as const },
    ...{ ...ASKING, detail: undefined },
  };
}
