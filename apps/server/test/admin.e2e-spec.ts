import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSlipway, type Slipway } from './slipway.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway();
});
afterAll(async () => slipway.stop());

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** The terminal in a process of its own, as its operator runs it. */
async function admin(
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = spawn(
    join(projectRoot, 'node_modules/.bin/node'),
    ['apps/server/dist/admin/main.js', ...args],
    {
      cwd: projectRoot,
      env: { PATH: process.env.PATH ?? '', SLIPWAY_DATA_DIR: slipway.dataDir, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, errors };
}

/** What it printed; throws with what it complained about. */
async function done(words: string, input?: string): Promise<string> {
  const { code, out, errors } = await admin(words.split(' '), {
    ...(input !== undefined && { input }),
  });
  if (code !== 0) throw new Error(`${words}: ${code} ${errors}`);
  return out;
}

const secretIn = (answer: string) => (JSON.parse(answer) as { readonly secret: string }).secret;

const status = async (path: string, username: string, password: string) => {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return (await fetch(slipway.url + path, { headers: { authorization } })).status;
};

test('an operator sets up an organisation with two teams and a robot, and is told why a pull fails', async () => {
  await done('accounts create ada --password', 'correct horse battery\n');
  await done('accounts create bob --password', 'staple battery horse\n');
  expect(await done('organisations create acme --owner ada')).toContain('NAME            acme');
  expect(await done('organisations add-member acme bob')).toBe('Done.\n');
  for (const team of ['web', 'operations']) await done(`teams create acme ${team}`);
  await done('teams add-member acme web bob');
  await done('grants create acme push web --team web');
  await done('grants create acme pull * --team operations');
  await done('repositories create acme/web');
  await done('repositories create acme/api');
  await done('robots create acme ci');
  await done('grants create acme push web --robot ci');
  const secret = secretIn(
    await done('robots create-secret acme ci builds --expires-in-days 90 --json'),
  );

  expect(await status('/v2/acme/web/tags/list', 'acme+ci', secret)).toBe(200);
  expect(await status('/v2/acme/web/tags/list', 'bob', 'staple battery horse')).toBe(200);
  expect(await status('/v2/acme/api/tags/list', 'bob', 'staple battery horse')).toBe(403);
  const why = await done('why pull acme/api --account bob');
  expect(why).toContain(
    'bob may not pull acme/api, if there is one: ask an owner of acme for the role pull on it',
  );
  expect(why).toContain('grants create acme pull api --account bob');
  expect(await done('grants who acme --repository web')).toMatch(
    /acme\+ci +robot +push +acme\/web/,
  );
});

test('what its owner alone may open lets in without a password', async () => {
  const socket = await stat(join(slipway.dataDir, 'run/admin.sock'));
  expect(socket.mode & 0o777).toBe(0o600);
  expect((await stat(join(slipway.dataDir, 'run'))).mode & 0o777).toBe(0o700);
  expect(JSON.parse(await done('account show --json'))).toMatchObject({
    kind: 'operator',
    administrator: true,
  });
});

test('a list is shown whole, however many pages it has', async () => {
  for (const each of ['x-one', 'x-two', 'x-three'])
    await done(`organisations create ${each} --owner admin`);
  const { items } = JSON.parse(await done('organisations list --json')) as {
    items: { name: string }[];
  };
  expect(items.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['x-one', 'x-two', 'x-three']),
  );
  expect(JSON.parse(await done('organisations list --json --limit 1'))).toMatchObject({
    items: [expect.anything()],
    next: expect.any(String) as string,
  });
});

test('its exit code and one sentence say what went wrong', async () => {
  expect(await admin(['organisations', 'show', 'nowhere'])).toMatchObject({
    code: 1,
    out: '',
    errors: 'there is no organisation nowhere\n',
  });
  expect(await admin(['organisations', 'create', 'X', '--owner', '?'])).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/name .*\n {2}name: .*\n.*owner: /s) as string,
  });
  for (const words of [
    ['organisations', 'create'],
    ['nonsense'],
    ['teams', 'list', 'acme', '--nonsense'],
  ]) {
    expect(await admin(words)).toMatchObject({ code: 2, out: '' });
  }
  const elsewhere = { env: { SLIPWAY_DATA_DIR: '/nowhere' } };
  expect(await admin(['account', 'show'], elsewhere)).toMatchObject({
    code: 3,
    errors:
      'the server on /nowhere does not answer: it does not run, or SLIPWAY_DATA_DIR is another one\n',
  });
  expect(await admin(['--help'])).toMatchObject({ code: 0, errors: '' });
});

test('a server elsewhere is managed with an access token', async () => {
  const authorization = `Basic ${Buffer.from(`admin:${slipway.password}`).toString('base64')}`;
  const made = await fetch(`${slipway.url}/api/v1/account/tokens`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'terminal', api: true }),
  });
  const SLIPWAY_TOKEN = secretIn(await made.text());
  const remote = (words: string[], token: string) =>
    admin(['--url', slipway.url, ...words], {
      env: { SLIPWAY_TOKEN: token, SLIPWAY_DATA_DIR: '/nowhere' },
    });
  expect((await remote(['account', 'show'], SLIPWAY_TOKEN)).out).toContain('NAME           admin');
  expect(
    (await remote(['tokens', 'create', 'x', '--scopes', 'acme/*:pull,push'], SLIPWAY_TOKEN)).code,
  ).toBe(0);
  expect(await remote(['tokens', 'list'], '')).toMatchObject({
    code: 1,
    errors: 'sign in first (to: List my access tokens)\n',
  });
  const nothing = await admin(['--url', 'http://127.0.0.1:1', 'account', 'show']);
  expect(nothing).toMatchObject({
    code: 3,
    errors: expect.stringContaining('does not answer') as string,
  });
});

test('the socket is there again after a crash', async () => {
  await slipway.kill9();
  await slipway.restart();
  expect(await done('account show')).toContain('operator');
  expect(slipway.log()).not.toContain('EADDRINUSE');
});

test('a tag that was overwritten by mistake is back in one command and the ledger is whole', async () => {
  const index = (id: string) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [],
      annotations: { id },
    });
  const authorization = `Basic ${Buffer.from(`${slipway.username}:${slipway.password}`).toString('base64')}`;
  const latest = `${slipway.url}/v2/shop/web/manifests/latest`;
  const push = async (id: string) => {
    const headers = { authorization, 'content-type': 'application/vnd.oci.image.index.v1+json' };
    const answer = await fetch(latest, { method: 'PUT', headers, body: index(id) });
    return answer.headers.get('docker-content-digest') ?? '';
  };
  const good = await push('good');
  const bad = await push('bad');

  expect(await done('tags restore shop/web latest')).toContain(`DIGEST  ${good}`);

  const pulled = await fetch(latest, { headers: { authorization } });
  expect(pulled.headers.get('docker-content-digest')).toBe(good);
  const history = await done('tags history shop/web latest');
  expect(history.match(/tag\.restore|manifest\.push/g)).toEqual([
    'tag.restore',
    'manifest.push',
    'manifest.push',
  ]);
  expect(history).toContain(bad);
  expect(await done('tags list shop/web')).toContain(good);

  // Sealed every other second.
  let verified = '';
  for (let tries = 0; tries < 100 && !verified.includes('shop/web'); tries++) {
    verified = await done('ledger verify');
    await sleep(100);
  }
  expect(verified).toMatch(/^shop\/web +3 +[0-9a-f]{64}/m);
  expect(await admin(['tags', 'restore', 'shop/web', 'never'])).toMatchObject({
    code: 1,
    errors: 'shop/web never had a tag never\n',
  });
});

test('what is deleted comes back, a retention rule is rehearsed and applied, and a quota is full', async () => {
  const authorization = `Basic ${Buffer.from(`admin:${slipway.password}`).toString('base64')}`;
  const push = async (tag: string) => {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const annotations = { build: tag };
    const answer = await fetch(`${slipway.url}/v2/tidy/web/manifests/${tag}`, {
      method: 'PUT',
      headers: { authorization, 'content-type': mediaType },
      body: JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations }),
    });
    return { status: answer.status, text: await answer.text(), at: answer.headers.get('location') };
  };
  await done('organisations create tidy --owner admin');
  for (const tag of ['v1', 'v2', 'v3', 'latest']) await push(tag);
  const { at } = await push('mistake');
  const method = 'DELETE';
  const gone = await fetch(new URL(at ?? '', slipway.url), { method, headers: { authorization } });
  expect(gone.status).toBe(202);

  const [, row = ''] = (await done('trash list tidy/web')).split('\n');
  const [id = ''] = row.split(/\s+/);
  expect(row).toContain('manifest.delete');
  expect(await done(`trash restore tidy/web ${id}`)).toMatch(/TAGS +1/);
  expect(await done('tags list tidy/web')).toContain('mistake');

  const rehearsed = await done('retention rehearse tidy/web --rules v*:last=2 --show going');
  expect(rehearsed).toMatch(/TAGS GO +1\n/);
  expect(rehearsed).toContain('its image is number 3 of the last 2');
  expect(await done('retention set tidy/web --rules v*:last=2 --protect latest')).toContain('v*');
  expect(await done('retention apply tidy/web')).toMatch(/TAGS +1/);
  expect(await done('tags list tidy/web')).not.toContain('v1 ');
  expect(await done('retention rehearse tidy/web --show going')).toMatch(/TAGS GO +0\n[^]*None\./);
  const wrong = await admin(['retention', 'set', 'tidy/web', '--rules', 'v*']);
  expect(wrong.errors).toContain("say tags, a colon and what keeps them: 'v*,!v0*:last=10");

  await done('repositories delete tidy/web');
  expect(await done('trash list-in tidy')).toContain('repository');
  const [, whole = ''] = (await done('trash list tidy/web')).split('\n');
  await done(`trash restore tidy/web ${whole.split(/\s+/)[0] ?? ''}`);
  expect(await done('repositories list --namespace tidy')).toContain('tidy/web');

  await done('quotas set tidy --manifests 4');
  const refused = await push('v9');
  expect(refused.status).toBe(403);
  expect(refused.text).toContain('tidy may have 4 manifests and has 4');
  expect(await done('quotas show tidy')).toMatch(/QUOTA\n +MANIFESTS +4\n/);
});

test('the doctor looks at what the server depends on, with a line for each', async () => {
  const { out } = await admin(['doctor']);
  for (const line of [
    /^CHECK +OK +FINDING/,
    /^version +yes +Slipway \d/,
    /^stored +yes +\d+ blobs with /,
    /^jobs +yes +done last: .*ledger \d+ s ago/,
    /^database +yes +Postgres \S+ answers/,
    /^database durability +yes /,
    /^storage +yes +the disk is written, read and deleted from/,
    /^disk space +(?:yes|no) +.* GB are free under /,
  ]) {
    expect(out).toMatch(new RegExp(line, 'm'));
  }
});
