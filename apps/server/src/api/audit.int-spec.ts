import {
  createOrganisation,
  createTeam,
  listAudit,
  listAuditOf,
  putMember,
  showOrganisation,
} from '@slipway/api';
import { AuditLog } from '@slipway/registry';
import { TestApp } from '../testing/test-app.ts';
import { auditWitness } from './audit-witness.ts';

let app: TestApp;
let audit: AuditLog;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob']) await app.person(username);
  audit = new AuditLog(app.metadata, Date.now, (error) => {
    throw error;
  });
  await app.ask('admin', createOrganisation, { body: { name: 'acme', owner: 'ada' } });
  const parameters = { organisation: 'acme' };
  for (const name of ['web', 'api', 'ops']) {
    await app.ask('ada', createTeam, { parameters, body: { name } });
  }
  await app.outcome('bob', putMember, {
    parameters: { ...parameters, username: 'bob' },
    body: { role: 'owner' },
  });
  await app.outcome('bob', showOrganisation, { parameters });
  const witness = auditWitness(audit);
  for (const seen of app.witnessed) await witness.see(seen);
  await audit.close();
});
afterAll(async () => app.stop());

test('owners read what was done in their namespace, newest first and page by page', async () => {
  const parameters = { namespace: 'acme' };
  const first = await app.ask('ada', listAuditOf, { parameters, query: { limit: 3 } });
  expect(first.items).toMatchObject([
    { actor: 'bob', action: 'organisations.add-member', outcome: 'refused', namespace: 'acme' },
    { actor: 'ada', action: 'teams.create', outcome: 'done', detail: { name: 'ops' } },
    { actor: 'ada', action: 'teams.create', detail: { name: 'api' }, address: '127.0.0.1' },
  ]);
  const query = { limit: 3, after: first.next };
  const rest = await app.ask('ada', listAuditOf, { parameters, query });
  expect(rest.items[0]).toMatchObject({ detail: { name: 'web' } });
  expect(rest.next).toBeUndefined();
  const of = async (filter: Record<string, string>) =>
    (await app.ask('ada', listAuditOf, { parameters, query: filter })).items.length;
  expect(await of({ outcome: 'refused' })).toBe(1);
  expect(await of({ actor: 'ada', action: 'teams.create' })).toBe(3);
  expect(await of({ until: '2020-01-01T00:00:00Z' })).toBe(0);
});

test('nobody else does, but the administrators of the site, who read everything', async () => {
  const parameters = { namespace: 'acme' };
  expect(await app.refused('bob', listAuditOf, { parameters })).toMatchObject({ status: 404 });
  expect(await app.refused('ada', listAudit)).toMatchObject({ status: 403 });
  const { items } = await app.ask('admin', listAudit, {
    query: { action: 'organisations.create' },
  });
  expect(items).toMatchObject([{ actor: 'admin', detail: { name: 'acme', owner: 'ada' } }]);
  for (const query of [{ after: 'x' }, { since: 'yesterday' }, { outcome: 'well' }]) {
    expect(await app.refused('admin', listAudit, { query })).toMatchObject({ status: 400 });
  }
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
