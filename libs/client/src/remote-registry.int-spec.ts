import { RemoteRegistry, type RemoteOptions } from './remote-registry.ts';
import {
  answer,
  type Exchange,
  fakeRegistry,
  type FakeRegistry,
  impatience,
} from './testing/fake-registry.ts';

let registry: FakeRegistry | undefined;
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

const PULL = { scope: 'repository:a:pull', expected: [200], what: 'a' };
const me = { username: 'me', password: 'sësame' };

const client = (options: RemoteOptions = {}) =>
  new RemoteRegistry(registry?.host ?? '', { patience: impatience(), ...options });

const text = async (response: Promise<Response>) => (await response).text();

/** Wants a token for everything; hands them out, numbered, at /token. */
function tokenRegistry(
  state: { life?: number; refuse?: number; revoked?: string[]; accept?: string } = {},
) {
  let issued = 0;
  return fakeRegistry((exchange) => {
    const { path, headers, response } = exchange;
    if (path.startsWith('/token')) {
      if (state.refuse !== undefined) {
        answer(exchange, state.refuse, {}, '{}');
        return;
      }
      issued++;
      const body = JSON.stringify({ token: `t${issued}`, expires_in: state.life ?? 300 });
      answer(exchange, 200, {}, body);
      return;
    }
    const token = headers.authorization?.replace('Bearer ', '');
    if (token === undefined || state.revoked?.includes(token)) {
      const realm = `http://${headers.host ?? ''}/token`;
      response.setHeader('www-authenticate', `Bearer realm="${realm}",service="here"`);
      answer(exchange, 401, {}, '{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}');
      return;
    }
    answer(exchange, 200, {}, token);
  });
}

const tokenRequests = () => registry?.asked.filter(({ path }) => path.startsWith('/token')) ?? [];

describe('signing in', () => {
  it('gets a token for the scope with the password, once, and uses it again', async () => {
    registry = await tokenRegistry();
    const remote = client({ credentials: me });
    expect(await text(remote.request('/v2/a/x', PULL))).toBe('t1');
    expect(await text(remote.request('/v2/a/y', PULL))).toBe('t1');
    const [asked, ...more] = tokenRequests();
    expect(more).toEqual([]);
    expect(asked?.path).toBe('/token?service=here&scope=repository%3Aa%3Apull');
    expect(Buffer.from(asked?.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe(
      'me:sësame',
    );
  });

  it('asks for one token when many requests need the same', async () => {
    registry = await tokenRegistry();
    const remote = client();
    const answers = [1, 2, 3, 4].map(() => text(remote.request('/v2/a/x', PULL)));
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['t1']));
  });

  it('asks for each of several scopes, anonymously when nobody signed in', async () => {
    registry = await tokenRegistry();
    await client().request('/v2/a', { ...PULL, scope: 'repository:a:pull,push repository:b:pull' });
    const [asked] = tokenRequests();
    expect(asked?.headers.authorization).toBeUndefined();
    expect(asked?.path).toContain('scope=repository%3Aa%3Apull%2Cpush&scope=repository%3Ab%3Apull');
  });

  it('gets another token before the old one ends', async () => {
    let now = 1_000_000;
    registry = await tokenRegistry({ life: 100 });
    const remote = client({ now: () => now });
    expect(await text(remote.request('/v2/a', PULL))).toBe('t1');
    now += 85_000;
    expect(await text(remote.request('/v2/a', PULL))).toBe('t1');
    now += 6000;
    expect(await text(remote.request('/v2/a', PULL))).toBe('t2');
  });

  it('gets another token when the registry no longer takes the old one', async () => {
    const revoked: string[] = [];
    registry = await tokenRegistry({ revoked });
    const remote = client();
    expect(await text(remote.request('/v2/a', PULL))).toBe('t1');
    revoked.push('t1');
    expect(await text(remote.request('/v2/a', PULL))).toBe('t2');
  });

  it('gives up, with what the registry says, when no token helps', async () => {
    registry = await tokenRegistry({ revoked: ['t1', 't2', 't3'] });
    await expect(client({ credentials: me }).request('/v2/a', PULL)).rejects.toMatchObject({
      reason: 'unauthorized',
      message: expect.stringContaining('UNAUTHORIZED who?') as string,
    });
  });

  it('says that the password is wrong, or that one is needed', async () => {
    registry = await tokenRegistry({ refuse: 401 });
    await expect(client({ credentials: me }).request('/v2/a', PULL)).rejects.toThrow(
      /does not take this user name and password/,
    );
    await expect(client().request('/v2/a', PULL)).rejects.toThrow(/slipway login 127/);
  });

  it('tries again when the token server is busy', async () => {
    registry = await tokenRegistry({ refuse: 503 });
    const patience = impatience();
    await expect(client({ patience }).request('/v2/a', PULL)).rejects.toThrow(/cannot hand out/);
    expect(patience.pauses).toHaveLength(3);
  });

  it('uses an identity token as a refresh token', async () => {
    registry = await tokenRegistry();
    const remote = client({ credentials: { identityToken: 'long-lived' } });
    await remote.request('/v2/a', PULL);
    const [asked] = tokenRequests();
    expect(asked?.method).toBe('POST');
    expect(Object.fromEntries(new URLSearchParams(asked?.body.toString()))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'long-lived',
      client_id: 'slipway',
      service: 'here',
      scope: 'repository:a:pull',
    });
  });

  it('sends the password itself to a registry that asks for Basic', async () => {
    registry = await fakeRegistry((exchange) => {
      if (exchange.headers.authorization?.startsWith('Basic ')) answer(exchange, 200, {}, 'yes');
      else answer(exchange, 401, { 'www-authenticate': 'Basic realm="r"' });
    });
    expect(await text(client({ credentials: me }).request('/v2/a', PULL))).toBe('yes');
    await expect(client().request('/v2/a', PULL)).rejects.toMatchObject({ reason: 'unauthorized' });
  });

  it.each(['ftp://evil/token', 'nonsense', ''])('does not ask %j for a token', async (realm) => {
    registry = await fakeRegistry((exchange) =>
      answer(exchange, 401, { 'www-authenticate': `Bearer realm="${realm}"` }),
    );
    await expect(client({ credentials: me }).request('/v2/a', PULL)).rejects.toMatchObject({
      reason: 'invalid-answer',
    });
  });

  it('signs nothing that is redirected to another host', async () => {
    const storage = await fakeRegistry((exchange) => answer(exchange, 200, {}, 'bytes'));
    try {
      registry = await fakeRegistry((exchange) => {
        if (exchange.path === '/v2/') answer(exchange, 401, { 'www-authenticate': 'Basic' });
        else answer(exchange, 307, { location: `http://${storage.host}/object` });
      });
      expect(await text(client({ credentials: me }).request('/v2/a', PULL))).toBe('bytes');
      expect(registry.asked.at(-1)?.headers.authorization).toMatch(/^Basic/);
      expect(storage.asked[0]?.headers.authorization).toBeUndefined();
    } finally {
      await storage.close();
    }
  });

  it('signs nothing that goes to a location on another host', async () => {
    const storage = await fakeRegistry((exchange) => answer(exchange, 200, {}, 'bytes'));
    try {
      registry = await fakeRegistry((exchange) =>
        answer(exchange, 401, { 'www-authenticate': 'Basic' }),
      );
      const remote = client({ credentials: me });
      await remote.request(`http://${storage.host}/upload`, PULL);
      expect(storage.asked[0]?.headers.authorization).toBeUndefined();
    } finally {
      await storage.close();
    }
  });
});

describe('refusals and faults', () => {
  const answering = async (...statuses: readonly [number, Record<string, string>?][]) => {
    let next = 0;
    registry = await fakeRegistry((exchange: Exchange) => {
      if (exchange.path === '/v2/') {
        answer(exchange, 200);
        return;
      }
      const [status, headers] = statuses[Math.min(next++, statuses.length - 1)] ?? [500];
      const error = { errors: [{ code: 'CODE', message: 'because\n\u001b[31m' }] };
      answer(exchange, status, headers, JSON.stringify(error));
    });
  };

  it.each([
    [400, 'refused'],
    [403, 'denied'],
    [404, 'not-found'],
    [429, 'too-many-requests'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('names a %s', async (status, reason) => {
    await answering([status]);
    const failure = client().request('/v2/a', PULL);
    await expect(failure).rejects.toMatchObject({ reason });
    // What a registry says goes to a terminal: no control characters pass.
    await expect(failure).rejects.toThrow(/^[^\u0000-\u001f]*CODE because[^\u0000-\u001f]*$/); // eslint-disable-line no-control-regex
  });

  it('comes back when the registry wants it to', async () => {
    await answering([429, { 'retry-after': '3' }], [503], [200]);
    const patience = impatience();
    await client({ patience }).request('/v2/a', PULL);
    expect(patience.pauses).toEqual([3000, 200]);
  });

  it('is told of a refusal that is no JSON', async () => {
    registry = await fakeRegistry((exchange) => answer(exchange, 418, {}, '<html>'));
    await expect(client().request('/v2/a', PULL)).rejects.toThrow(/answers 418 for a: status 418/);
  });

  it('tries again when the connection breaks', async () => {
    let cuts = 0;
    registry = await fakeRegistry((exchange) => {
      if (exchange.path !== '/v2/' && cuts++ < 2) exchange.response.destroy();
      else answer(exchange, 200, {}, 'there');
    });
    expect(await text(client().request('/v2/a', PULL))).toBe('there');
  });

  it('says that nobody is there', async () => {
    registry = await fakeRegistry(() => undefined);
    const { host } = registry;
    await registry.close();
    registry = undefined;
    const remote = new RemoteRegistry(host, { patience: impatience() });
    await expect(remote.check()).rejects.toThrow(`${host} cannot be reached: ECONNREFUSED`);
  });

  it('stops waiting for an answer when it is told to', async () => {
    registry = await fakeRegistry((exchange) => {
      if (exchange.path === '/v2/') answer(exchange, 200);
      else stop.abort(new Error('enough'));
    });
    const stop = new AbortController();
    await expect(client().request('/v2/a', { ...PULL, signal: stop.signal })).rejects.toThrow(
      'enough',
    );
  });
});
