import {
  acceptInvitation,
  choosePassword,
  createAccount,
  createOrganisation,
  createToken,
  invite,
  inviteToOrganisation,
  listInvitations,
  listInvitationsToOrganisation,
  listMembers,
  resetPassword,
  revokeInvitation,
  revokeInvitationToOrganisation,
  showAccount,
  showLink,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { basic, passwordOf, TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  for (const username of ['ada', 'bob']) await app.person(username);
  await app.ask('admin', createOrganisation, { body: { name: 'acme', owner: 'ada' } });
});
afterAll(async () => app.stop());

const gone = { status: 404, reason: 'link-unknown' };
const acme = { organisation: 'acme' };
const invited = (role: 'owner' | 'member' = 'member') =>
  app.ask('ada', inviteToOrganisation, { parameters: acme, body: { role } });

describe('an invitation to an organisation', () => {
  test('is accepted by who has an account, once', async () => {
    const { secret } = await invited();
    expect(await app.ask('', showLink, { body: { secret } })).toMatchObject({
      purpose: 'invitation',
      organisation: 'acme',
      role: 'member',
    });
    const joined = await app.ask('bob', acceptInvitation, { body: { secret } });
    expect(joined).toEqual({ username: 'bob', organisation: 'acme' });
    const { items } = await app.ask('bob', listMembers, { parameters: acme });
    expect(items).toMatchObject([{ username: 'ada' }, { username: 'bob', role: 'member' }]);
    for (const endpoint of [acceptInvitation, showLink]) {
      expect(await app.refused('bob', endpoint, { body: { secret } })).toMatchObject(gone);
    }
  });

  test('makes an account for who has none', async () => {
    const { secret } = await invited('owner');
    const body = { secret, username: 'grace', password: passwordOf('grace') };
    for (const wrong of [
      { secret },
      { ...body, password: 'short' },
      { ...body, username: 'ada' },
    ]) {
      const problem = await app.refused('', acceptInvitation, { body: wrong });
      expect([400, 409]).toContain(problem.status);
    }
    await app.ask('', acceptInvitation, { body });
    expect((await app.ask('grace', showAccount)).memberships).toContainEqual({
      namespace: 'acme',
      role: 'owner',
    });
  });

  test('makes no member of an owner', async () => {
    const { secret } = await invited();
    await app.ask('ada', acceptInvitation, { body: { secret } });
    expect((await app.ask('ada', showAccount)).memberships).toContainEqual({
      namespace: 'acme',
      role: 'owner',
    });
  });

  test('is accepted by one alone of several at once', async () => {
    const { secret } = await invited();
    const outcomes = await Promise.all(
      ['x-one', 'x-two', 'x-three'].map((username) =>
        app.outcome('', acceptInvitation, {
          body: { secret, username, password: passwordOf('x') },
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    const made = await Promise.all(
      ['x-one', 'x-two', 'x-three'].map((username) => app.metadata.tables.accounts.find(username)),
    );
    expect(made.filter((account) => account !== undefined)).toHaveLength(1);
  });

  test('is not accepted with a token that manages nothing', async () => {
    const { secret } = await invited();
    const token = await app.ask('bob', createToken, { body: { name: 'x' } });
    const problem = await app.refused(`Bearer ${token.secret}`, acceptInvitation, {
      body: { secret },
    });
    expect(problem).toMatchObject({ status: 403 });
  });

  test('is listed and taken back by owners', async () => {
    const link = await app.ask('ada', inviteToOrganisation, {
      parameters: acme,
      body: { email: 'new@example.org' },
    });
    const { items } = await app.ask('ada', listInvitationsToOrganisation, { parameters: acme });
    const invitation = items.find(({ email }) => email === 'new@example.org');
    expect(invitation).toMatchObject({ organisation: 'acme', role: 'member', createdBy: 'ada' });
    expect(JSON.stringify(items)).not.toContain(link.secret);
    const parameters = { ...acme, invitation: invitation?.id ?? '' };
    expect(await app.refused('admin', revokeInvitation, { parameters })).toMatchObject(gone);
    await app.ask('ada', revokeInvitationToOrganisation, { parameters });
    const body = { secret: link.secret };
    expect(await app.refused('', showLink, { body })).toMatchObject(gone);
    expect(
      await app.refused('bob', inviteToOrganisation, { parameters: acme, body: {} }),
    ).toMatchObject({ status: 403 });
  });
});

describe('an invitation to the site', () => {
  test('makes an account, and nothing more', async () => {
    const { secret } = await app.ask('admin', invite, { body: {} });
    expect((await app.ask('admin', listInvitations)).items).toHaveLength(1);
    expect(await app.refused('ada', acceptInvitation, { body: { secret } })).toMatchObject({
      reason: 'conflict',
    });
    const body = { secret, username: 'linus', password: passwordOf('linus') };
    await app.ask('', acceptInvitation, { body });
    expect((await app.ask('linus', showAccount)).memberships).toEqual([
      { namespace: 'linus', role: 'owner' },
    ]);
    expect((await app.ask('admin', listInvitations)).items).toEqual([]);
  });

  test('gives nobody a name under which repositories stand', async () => {
    await app.metadata.tables.repositories.ensure(named('wild/web'));
    const { secret } = await app.ask('admin', invite, { body: {} });
    const body = { secret, username: 'wild', password: passwordOf('wild') };
    const problem = await app.refused('', acceptInvitation, { body });
    expect(problem).toMatchObject({ status: 409, reason: 'name-taken' });
    expect(problem.detail).not.toContain('web');
  });
});

describe('a link for a new password', () => {
  test('lets its owner choose one, once, and ends what was had with the old one', async () => {
    const { secret } = await app.ask('admin', resetPassword, { parameters: { username: 'bob' } });
    await app.ask('bob', showAccount);
    expect(await app.ask('', showLink, { body: { secret } })).toMatchObject({
      purpose: 'password-reset',
      username: 'bob',
    });
    const weak = { body: { secret, password: 'password' } };
    expect(await app.refused('', choosePassword, weak)).toMatchObject({
      reason: 'password-refused',
    });
    const password = 'a whole new password';
    expect(await app.ask('', choosePassword, { body: { secret, password } })).toEqual({
      username: 'bob',
    });
    expect(await app.refused('bob', showAccount)).toMatchObject({ status: 401 });
    expect(await app.ask(basic('bob', password), showAccount)).toMatchObject({ name: 'bob' });
    expect(await app.refused('', choosePassword, { body: { secret, password } })).toMatchObject(
      gone,
    );
  });

  test('ends when another one is made, and invites to nothing', async () => {
    const made = await app.ask('admin', createAccount, { body: { username: 'twice' } });
    const old = { secret: made.link?.secret ?? '', password: passwordOf('twice') };
    const { secret } = await app.ask('admin', resetPassword, { parameters: { username: 'twice' } });
    expect(await app.refused('', choosePassword, { body: old })).toMatchObject(gone);
    expect(await app.refused('', acceptInvitation, { body: { secret } })).toMatchObject(gone);
    await app.ask('', choosePassword, { body: { ...old, secret } });
  });
});

test('the page that a link opens needs nothing from elsewhere and runs its own script alone', async () => {
  const response = await app.fetch('/link', '');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'sha256-/,
  );
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  expect(await response.text()).not.toMatch(/https?:|src=|href=/);
});
