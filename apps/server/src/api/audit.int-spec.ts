import {
  createOrganisation,
  createTeam,
  listAuditEvents,
  listKeys,
  listSessions,
  withdrawKey,
} from '@slipway/api';
import { AuditLog } from '@slipway/registry';
import { TestApp } from '../testing/test-app.ts';
import { auditWitness } from './audit-witness.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const person of ['ada', 'bob']) await app.person(person);
  for (const [name, owner] of [
    ['acme', 'ada'],
    ['globex', 'bob'],
  ] as const) {
    await app.ask('admin', createOrganisation, { body: { name, owner } });
    await app.ask(owner, createTeam, {
      parameters: { organisation: name },
      body: { name: 'web' },
    });
  }
  const audit = new AuditLog(app.metadata, Date.now, (error) => {
    throw error;
  });
  for (const what of app.witnessed) await auditWitness(audit).see(what);
  await audit.close();
});
afterAll(async () => app.stop());

const read = async (who: string, query: Record<string, string | number> = {}) =>
  (await app.ask(who, listAuditEvents, { query })).items.map(
    ({ actor, action, resource, outcome }) => `${actor} ${action} ${resource} ${outcome}`,
  );

test('an administrator reads all of the audit log, newest first, by pages', async () => {
  const all = await read('admin', { actor: 'bob' });
  expect(all).toContain('bob teams.create globex done');

  const whole = await read('admin');
  const first = await app.ask('admin', listAuditEvents, { query: { limit: 2 } });
  expect(first.items).toHaveLength(2);
  const second = await app.ask('admin', listAuditEvents, {
    query: { limit: 1000, after: first.next },
  });
  expect(first.items.length + second.items.length).toBe(whole.length);
  expect(second.next).toBeUndefined();
  expect(first.items[0]?.id).toBeGreaterThan(second.items[0]?.id ?? 0);
});

test('an owner reads of the namespace that is theirs, and of no other', async () => {
  expect(await read('ada', { namespace: 'acme' })).toContain('ada teams.create acme done');
  for (const query of [{}, { namespace: 'globex' }, { namespace: 'nowhere' }]) {
    expect(await app.refused('ada', listAuditEvents, { query })).toMatchObject({ status: 403 });
  }
  expect(await app.refused('', listAuditEvents)).toMatchObject({ status: 401 });
});

test.each([
  ['since', 'yesterday'],
  ['outcome', 'maybe'],
  ['after', 'x'],
])('%s=%s is refused by name', async (name, value) => {
  const problem = await app.refused('admin', listAuditEvents, { query: { [name]: value } });
  expect(problem).toMatchObject({ status: 400 });
  expect(JSON.stringify(problem)).toContain(name);
});

test('all of it is exported, an event in each line, to who may read it', async () => {
  const answer = await app.fetch('/api/v1/audit/export?namespace=acme', 'ada');
  expect(answer.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
  const lines = (await answer.text()).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { namespace: string });
  expect(events.length).toBeGreaterThan(0);
  expect(new Set(events.map(({ namespace }) => namespace))).toEqual(new Set(['acme']));

  expect((await app.fetch('/api/v1/audit/export', 'ada')).status).toBe(403);
  expect((await app.fetch('/api/v1/audit/export', '')).status).toBe(401);
  expect((await app.fetch('/api/v1/audit/export?since=then', 'admin')).status).toBe(400);
});

test('a key that leaked is taken back by an administrator, with all that it signed', async () => {
  const token = async () => {
    const answer = await app.fetch('/token?service=slipway', 'ada');
    return ((await answer.json()) as { token: string }).token;
  };
  const ping = async (bearer: string) => (await app.fetch('/v2/', `Bearer ${bearer}`)).status;
  const leaked = await token();
  expect(await ping(leaked)).toBe(200);
  const [key] = (await app.ask('admin', listKeys)).items;
  const parameters = { key: key?.id ?? '' };
  expect(await app.refused('ada', withdrawKey, { parameters })).toMatchObject({ status: 403 });

  await app.ask('admin', withdrawKey, { parameters });

  expect(await ping(leaked)).toBe(401);
  expect(await ping(await token())).toBe(200);
  expect(await app.refused('admin', withdrawKey, { parameters })).toMatchObject({
    status: 404,
    reason: 'key-unknown',
  });
});

test('who sends a password with each request has no session', async () => {
  expect((await app.ask('ada', listSessions)).items).toEqual([]);
});
