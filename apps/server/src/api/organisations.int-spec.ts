import {
  createOrganisation,
  deleteOrganisation,
  leaveOrganisation,
  listMembers,
  listOrganisations,
  putMember,
  removeMember,
  renameOrganisation,
  showOrganisation,
  updateOrganisation,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob', 'cyd']) await app.person(username);
});
afterAll(async () => app.stop());

let count = 0;
/** An organisation that ada owns and bob is a member of. */
async function anOrganisation(): Promise<string> {
  const name = `acme-${++count}`;
  await app.ask('admin', createOrganisation, { body: { name, owner: 'ada' } });
  const parameters = { organisation: name, username: 'bob' };
  await app.ask('ada', putMember, { parameters, body: {} });
  return name;
}

describe('an organisation', () => {
  test('is made by administrators, with an owner, and seen by who belongs to it', async () => {
    const organisation = await anOrganisation();
    const shown = { name: organisation, createOnPush: true };
    for (const who of ['ada', 'bob', 'admin']) {
      expect(await app.ask(who, showOrganisation, { parameters: { organisation } })).toMatchObject(
        shown,
      );
      const { items } = await app.ask(who, listOrganisations);
      expect(items.map(({ name }) => name)).toContain(organisation);
    }
    expect((await app.ask('cyd', listOrganisations)).items).toEqual([]);
  });

  test('is made by everybody only where the settings say so', async () => {
    const body = { name: 'bobs' };
    expect(await app.refused('bob', createOrganisation, { body })).toMatchObject({
      status: 403,
      reason: 'denied',
      detail: expect.stringContaining("the site's administrators") as string,
    });
    const open = await TestApp.start({ SLIPWAY_CREATE_ORGANISATIONS: 'everyone' });
    await open.person('bob');
    await open.ask('bob', createOrganisation, { body });
    const { items } = await open.ask('bob', listMembers, { parameters: { organisation: 'bobs' } });
    expect(items).toMatchObject([{ username: 'bob', role: 'owner' }]);
    const other = { body: { name: 'ours', owner: 'admin' } };
    expect(await open.refused('bob', createOrganisation, other)).toMatchObject({ status: 403 });
    await open.stop();
  });

  test('has a name that nobody else has, that is not reserved, and under which nothing stands', async () => {
    const taken = { status: 409, reason: 'name-taken' };
    for (const name of ['ada', await anOrganisation(), 'library', 'operator']) {
      const body = { name, owner: 'ada' };
      expect(await app.refused('admin', createOrganisation, { body })).toMatchObject(taken);
    }
    await app.metadata.tables.repositories.ensure(named('wild/web'));
    const body = { name: 'wild', owner: 'ada' };
    expect(await app.refused('admin', createOrganisation, { body })).toMatchObject({
      ...taken,
      detail: expect.stringContaining('wild/web') as string,
    });
    await app.ask('admin', createOrganisation, { body: { ...body, adopt: true } });
  });

  test.each(['A', 'a', 'a--', 'a/b', '-a', 'a'.repeat(65), 'acme+ci', ''])(
    'is not called %j',
    async (name) => {
      const problem = await app.refused('admin', createOrganisation, {
        body: { name, owner: 'ada' },
      });
      expect(problem).toMatchObject({ status: 400, reason: 'request-invalid' });
      expect(problem.faults?.[0]).toMatchObject({ in: 'body', path: 'name' });
    },
  );

  test('has settings that its owners change', async () => {
    const parameters = { organisation: await anOrganisation() };
    const body = { createOnPush: false, displayName: 'Acme' };
    expect(await app.ask('ada', updateOrganisation, { parameters, body })).toMatchObject(body);
    expect(
      await app.ask('ada', updateOrganisation, { parameters, body: { displayName: '' } }),
    ).toMatchObject({ createOnPush: false });
    expect(await app.refused('bob', updateOrganisation, { parameters, body })).toMatchObject({
      status: 403,
      detail: expect.stringContaining('takes an owner') as string,
    });
  });

  test('is renamed with its repositories', async () => {
    const organisation = await anOrganisation();
    await app.metadata.tables.repositories.ensure(named(`${organisation}/web`));
    const name = `${organisation}-labs`;
    await app.ask('ada', renameOrganisation, { parameters: { organisation }, body: { name } });
    expect(await app.metadata.tables.repositories.find(named(`${name}/web`))).toBeDefined();
    expect(await app.metadata.tables.namespaces.renamedTo(organisation)).toBe(name);
    expect(
      await app.refused('ada', showOrganisation, { parameters: { organisation } }),
    ).toMatchObject({ status: 404 });
    const taken = { parameters: { organisation: name }, body: { name: 'ada' } };
    expect(await app.refused('ada', renameOrganisation, taken)).toMatchObject({ status: 409 });
  });

  describe('is deleted', () => {
    test('not while it has repositories, unless it is said what becomes of them', async () => {
      const organisation = await anOrganisation();
      const { repositories } = app.metadata.tables;
      await repositories.ensure(named(`${organisation}/web`));
      const parameters = { organisation };
      expect(await app.refused('ada', deleteOrganisation, { parameters })).toMatchObject({
        status: 409,
        reason: 'namespace-in-use',
      });
      for (const transferTo of ['nobody', 'cyd', organisation]) {
        const query = { repositories: 'transfer', transferTo };
        expect(await app.refused('ada', deleteOrganisation, { parameters, query })).toMatchObject({
          status: 404,
          reason: 'namespace-unknown',
        });
      }
      for (const query of [{ repositories: 'transfer' }, { transferTo: 'ada' }]) {
        expect(await app.refused('ada', deleteOrganisation, { parameters, query })).toMatchObject({
          status: 400,
        });
      }
      await app.ask('ada', deleteOrganisation, {
        parameters,
        query: { repositories: 'transfer', transferTo: 'ada' },
      });
      expect(await repositories.find(named('ada/web'))).toBeDefined();
      expect(await repositories.find(named(`${organisation}/web`))).toBeUndefined();
    });

    test('with them', async () => {
      const organisation = await anOrganisation();
      const { repositories } = app.metadata.tables;
      await repositories.ensure(named(`${organisation}/web`));
      const query = { repositories: 'delete' };
      await app.ask('ada', deleteOrganisation, { parameters: { organisation }, query });
      expect(await repositories.find(named(`${organisation}/web`))).toBeUndefined();
      expect(await app.metadata.tables.namespaces.find(organisation)).toBeUndefined();
    });
  });
});

describe('its members', () => {
  test('are listed page by page', async () => {
    const parameters = { organisation: await anOrganisation() };
    await app.ask('ada', putMember, { parameters: { ...parameters, username: 'cyd' }, body: {} });
    const first = await app.ask('bob', listMembers, { parameters, query: { limit: 2 } });
    expect(first).toMatchObject({
      items: [{ username: 'ada', role: 'owner' }, { username: 'bob' }],
      next: 'bob',
    });
    const rest = await app.ask('bob', listMembers, {
      parameters,
      query: { after: 'bob', limit: 2 },
    });
    expect(rest).toMatchObject({ items: [{ username: 'cyd', role: 'member' }] });
    expect(rest.next).toBeUndefined();
  });

  test('are taken in and put out by owners, and leave by themselves', async () => {
    const parameters = { organisation: await anOrganisation() };
    const cyd = { parameters: { ...parameters, username: 'cyd' } };
    expect(await app.refused('bob', putMember, { ...cyd, body: {} })).toMatchObject({
      status: 403,
    });
    await app.ask('ada', putMember, { ...cyd, body: {} });
    await app.ask('cyd', leaveOrganisation, { parameters });
    expect(await app.refused('cyd', showOrganisation, { parameters })).toMatchObject({
      status: 404,
    });
    expect(await app.refused('ada', removeMember, cyd)).toMatchObject({
      reason: 'account-unknown',
    });
    const nobody = { parameters: { ...parameters, username: 'nobody' }, body: {} };
    expect(await app.refused('ada', putMember, nobody)).toMatchObject({
      reason: 'account-unknown',
    });
  });

  test('always have an owner among them', async () => {
    const parameters = { organisation: await anOrganisation() };
    const ada = { parameters: { ...parameters, username: 'ada' } };
    const last = { status: 409, reason: 'last-owner' };
    expect(await app.refused('ada', leaveOrganisation, { parameters })).toMatchObject(last);
    expect(await app.refused('ada', removeMember, ada)).toMatchObject(last);
    expect(await app.refused('ada', putMember, { ...ada, body: { role: 'member' } })).toMatchObject(
      last,
    );

    const bob = {
      parameters: { ...parameters, username: 'bob' },
      body: { role: 'owner' as const },
    };
    await app.ask('ada', putMember, bob);
    await app.ask('ada', leaveOrganisation, { parameters });
    expect(await app.refused('bob', leaveOrganisation, { parameters })).toMatchObject(last);
  });

  test('cannot both leave as the last but one at the same moment', async () => {
    const parameters = { organisation: await anOrganisation() };
    const bob = {
      parameters: { ...parameters, username: 'bob' },
      body: { role: 'owner' as const },
    };
    await app.ask('ada', putMember, bob);
    const outcomes = await Promise.all(
      ['ada', 'bob'].map((who) => app.outcome(who, leaveOrganisation, { parameters })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual([204, 409]);
  });
});

test('who does not belong to it cannot tell it from one that is not there', async () => {
  const organisation = await anOrganisation();
  const told = async (name: string) => {
    const problem = await app.refused('cyd', showOrganisation, {
      parameters: { organisation: name },
    });
    return { ...problem, requestId: '', detail: problem.detail.replaceAll(name, '…') };
  };
  expect(await told(organisation)).toEqual(await told('not-there'));
  expect((await told(organisation)).status).toBe(404);
});
