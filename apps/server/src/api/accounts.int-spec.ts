import {
  changePassword,
  createAccount,
  createOrganisation,
  deleteAccount,
  disableAccount,
  enableAccount,
  listAccounts,
  makeAdministrator,
  renameAccount,
  resetPassword,
  showAccount,
  showOneAccount,
  unmakeAdministrator,
  updateAccount,
  updateOneAccount,
} from '@slipway/api';
import { named } from '@slipway/metadata/testing';
import { basic, passwordOf, TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => app.stop());

let count = 0;
async function somebody(): Promise<string> {
  const username = `person-${++count}`;
  await app.person(username);
  return username;
}

test('is for administrators alone', async () => {
  const username = await somebody();
  const parameters = { username };
  for (const endpoint of [
    showOneAccount,
    disableAccount,
    enableAccount,
    makeAdministrator,
    unmakeAdministrator,
    resetPassword,
    deleteAccount,
  ]) {
    expect(await app.refused(username, endpoint, { parameters })).toMatchObject({
      status: 403,
      detail: `${username} may not administer this registry: that is for the site's administrators`,
    });
  }
  expect(await app.refused(username, listAccounts)).toMatchObject({ status: 403 });
});

describe('an account', () => {
  test('is made with a password, or with a link to choose one', async () => {
    const body = { username: 'grace', email: 'grace@example.org', displayName: 'Grace' };
    const made = await app.ask('admin', createAccount, {
      body: { ...body, password: passwordOf('grace') },
    });
    expect(made).toMatchObject({ account: { ...body, administrator: false, origin: 'local' } });
    expect(made.link).toBeUndefined();
    expect(JSON.stringify(made)).not.toContain('argon2');
    expect(await app.ask('grace', showAccount)).toMatchObject({ name: 'grace' });

    const { link } = await app.ask('admin', createAccount, { body: { username: 'linus' } });
    expect(link?.url).toBe(`${app.url}/link#${link?.secret ?? ''}`);
    expect(link?.emailed).toBe(false);
    expect(await app.refused('linus', showAccount)).toMatchObject({ status: 401 });
  });

  test('has a name of its own, and a good password', async () => {
    const taken = { body: { username: 'admin' } };
    expect(await app.refused('admin', createAccount, taken)).toMatchObject({
      reason: 'name-taken',
    });
    for (const password of [
      'short',
      'password1',
      'PassWord123',
      'aaaaaaaaaaaa',
      'turing-alan',
      'x'.repeat(513),
      '💡'.repeat(7),
    ]) {
      const body = { username: 'turing-alan', password };
      expect(await app.refused('admin', createAccount, { body })).toMatchObject({
        status: 400,
        reason: 'password-refused',
      });
    }
    const body = { username: 'turing-alan', password: '💡'.repeat(7) + 'x' };
    await app.ask('admin', createAccount, { body });
  });

  test('is found by parts of its name and address, by what it may and page by page', async () => {
    const username = await somebody();
    await app
      .ask('admin', updateOneAccount, {
        parameters: { username },
        body: { email: `${username}@100%.example.org` },
      })
      .catch(() => undefined);
    await app.ask('admin', updateOneAccount, {
      parameters: { username },
      body: { displayName: 'Ünique_Person' },
    });
    const found = async (query: Record<string, string>) =>
      (await app.ask('admin', listAccounts, { query })).items.map((each) => each.username);
    expect(await found({ q: username.slice(2) })).toEqual([username]);
    expect(await found({ q: 'nique_p' })).toEqual([username]);
    expect(await found({ q: '%' })).toEqual([]);
    expect(await found({ administrator: 'true' })).toEqual(['admin']);
    expect(await found({ disabled: 'true' })).toEqual([]);
    const { items, next } = await app.ask('admin', listAccounts, { query: { limit: 1 } });
    expect([items.length, next]).toEqual([1, items[0]?.username]);
  });

  test('is changed by its owner, and loses what is set to nothing', async () => {
    const username = await somebody();
    await app.ask(username, updateAccount, { body: { displayName: 'A', email: 'a@example.org' } });
    expect(await app.ask(username, showAccount)).toMatchObject({
      displayName: 'A',
      email: 'a@example.org',
    });
    await app.ask(username, updateAccount, { body: { displayName: '' } });
    const shown = await app.ask('admin', showOneAccount, { parameters: { username } });
    expect([shown.displayName, shown.email]).toEqual([undefined, 'a@example.org']);
    const problem = await app.refused('admin', showOneAccount, {
      parameters: { username: 'nobody' },
    });
    expect(problem).toMatchObject({ status: 404, reason: 'account-unknown' });
  });

  test('is closed and opened, at once', async () => {
    const username = await somebody();
    await app.ask(username, showAccount);
    await app.ask('admin', disableAccount, { parameters: { username } });
    expect(await app.refused(username, showAccount)).toMatchObject({ status: 401 });
    await app.ask('admin', enableAccount, { parameters: { username } });
    await app.ask(username, showAccount);
  });

  test('is renamed, and its repositories with it', async () => {
    const username = await somebody();
    const { repositories, namespaces } = app.metadata.tables;
    await repositories.ensure(named(`${username}/tool`));
    const name = `${username}-new`;
    await app.ask('admin', renameAccount, { parameters: { username }, body: { name } });
    expect(await app.ask(basic(name, passwordOf(username)), showAccount)).toMatchObject({ name });
    expect(await repositories.find(named(`${name}/tool`))).toBeDefined();
    expect(await namespaces.renamedTo(username)).toBe(name);
    // Somebody else who gets the old name gets it whole.
    await app.ask('admin', createAccount, { body: { username } });
    expect(await namespaces.renamedTo(username)).toBeUndefined();
  });

  test('is deleted with its namespace, once its repositories are somewhere', async () => {
    const username = await somebody();
    const parameters = { username };
    const { repositories, namespaces } = app.metadata.tables;
    await repositories.ensure(named(`${username}/tool`));
    expect(await app.refused('admin', deleteAccount, { parameters })).toMatchObject({
      reason: 'namespace-in-use',
    });
    await app.ask('admin', deleteAccount, {
      parameters,
      query: { repositories: 'transfer', transferTo: 'admin' },
    });
    expect(await repositories.find(named('admin/tool'))).toBeDefined();
    expect(await namespaces.find(username)).toBeUndefined();
    expect(await app.refused(username, showAccount)).toMatchObject({ status: 401 });
  });

  test('is not deleted while an organisation has no other owner', async () => {
    const username = await somebody();
    await app.ask('admin', createOrganisation, {
      body: { name: `of-${username}`, owner: username },
    });
    expect(await app.refused('admin', deleteAccount, { parameters: { username } })).toMatchObject({
      status: 409,
      reason: 'last-owner',
    });
  });
});

describe('administrators', () => {
  test('are made and unmade, but for the last one who may sign in', async () => {
    const username = await somebody();
    const other = { parameters: { username } };
    const admin = { parameters: { username: 'admin' } };
    const last = { status: 409, reason: 'last-administrator' };
    await app.ask('admin', makeAdministrator, other);
    await app.ask(username, listAccounts);
    await app.ask('admin', disableAccount, other);
    for (const endpoint of [unmakeAdministrator, disableAccount, deleteAccount]) {
      expect(await app.refused('admin', endpoint, admin)).toMatchObject(last);
    }
    await app.ask('admin', enableAccount, other);
    await app.ask(username, unmakeAdministrator, admin);
    expect(await app.refused('admin', listAccounts)).toMatchObject({ status: 403 });
    await app.ask(username, makeAdministrator, admin);
    await app.ask('admin', unmakeAdministrator, other);
  });
});

describe('a password', () => {
  test('is changed by who knows the old one, and ends what was had with that', async () => {
    const username = await somebody();
    const fresh = 'a new long enough one';
    const wrong = { body: { old: 'wrong', new: fresh } };
    expect(await app.refused(username, changePassword, wrong)).toMatchObject({
      reason: 'password-refused',
    });
    const bad = { body: { old: passwordOf(username), new: username } };
    expect(await app.refused(username, changePassword, bad)).toMatchObject({
      reason: 'password-refused',
    });

    await app.ask(username, changePassword, { body: { old: passwordOf(username), new: fresh } });
    expect(await app.refused(username, showAccount)).toMatchObject({ status: 401 });
    expect(await app.ask(basic(username, fresh), showAccount)).toMatchObject({ name: username });
  });
});
