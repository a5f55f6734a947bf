import { Metadata } from '@slipway/metadata';
import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { hashPassword } from '../../src/auth/passwords.ts';
import { refusal, type Answer } from './exchange.ts';
import { urlOf } from './postgres-url.ts';
import { aRepository, basic, suiteServer } from './suite-server.ts';

/** An account that may do nothing yet. */
const guest = { username: 'guest', password: 'guest-password' };

let database: TestDatabase;

const server = suiteServer(async () => {
  database = await testDatabase();
  const metadata = await Metadata.connect(database.connection);
  await metadata.tables.accounts.insert({
    username: guest.username,
    passwordHash: await hashPassword(guest.password),
    administrator: false,
  });
  await metadata.close();
  return { env: { SLIPWAY_DATABASE_URL: urlOf(database.connection) } };
});

afterAll(() => database.drop());

const form = (fields: readonly (readonly [string, string])[]) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields as [string, string][]).toString(),
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

const tokenIn = (answer: Answer) => answer.json() as TokenAnswer;

/** What a token says that its bearer may do. */
const accessIn = (answer: Answer): unknown => {
  const payload = tokenIn(answer).token.split('.')[1] ?? '';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { access: unknown };
  return claims.access;
};

const asAdministrator = () => basic(server.slipway.username, server.slipway.password);
const passwordGrant = (...more: readonly (readonly [string, string])[]) =>
  form([
    ['grant_type', 'password'],
    ['username', server.slipway.username],
    ['password', server.slipway.password],
    ['service', 'slipway'],
    ['client_id', 'a-client'],
    ...more,
  ]);

describe('the ping', () => {
  it.each(['GET', 'HEAD'])(
    '5.1-1 %s /v2/ is answered to nobody in particular with a Bearer challenge',
    async (method) => {
      const answer = await server.askAsNobody(method, '/v2/');
      expect(answer.status).toBe(401);
      expect(answer.each('www-authenticate')[0]).toBe(
        `Bearer realm="${server.slipway.url}/token",service="slipway"`,
      );
    },
  );

  it('5.1-1 /v2/ challenges the bearer of an anonymous token too', async () => {
    const { token } = tokenIn(await server.askAsNobody('GET', '/token?service=slipway'));
    const answer = await server.askAsNobody('GET', '/v2/', bearer(token));
    expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
    expect(answer.each('www-authenticate')[0]).not.toContain('error=');
  });

  it.each(['/v2', '/v2/'])('5.1-2 %s is {} to who has signed in', async (path) => {
    const answer = await server.ask('GET', path);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({});
    expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('5.1-2 a challenge says which API it is for', async () => {
    const answer = await server.askAsNobody('GET', '/v2');
    expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
    expect(answer.headers['docker-distribution-api-version']).toBe('registry/2.0');
  });

  it('5.1-2 a load balancer has a URL of its own that answers 200', async () => {
    expect((await server.askAsNobody('GET', '/healthz')).status).toBe(200);
    expect((await server.askAsNobody('GET', '/readyz')).status).toBe(200);
  });
});

describe('a challenge', () => {
  it.each([
    ['GET', '/v2/a/b/manifests/latest', 'repository:a/b:pull'],
    ['HEAD', '/v2/a/b/manifests/latest', 'repository:a/b:pull'],
    ['GET', '/v2/a/b/tags/list', 'repository:a/b:pull'],
    ['POST', '/v2/a/b/blobs/uploads/', 'repository:a/b:pull,push'],
    ['PUT', '/v2/a/b/manifests/latest', 'repository:a/b:pull,push'],
    ['DELETE', '/v2/a/b/manifests/latest', 'repository:a/b:delete'],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ])('5.1-3 names the scope that %s %s needs', async (method, path, scope) => {
    const answer = await server.askAsNobody(method, path);
    expect(answer.status).toBe(401);
    expect(answer.each('www-authenticate')[0]).toBe(
      `Bearer realm="${server.slipway.url}/token",service="slipway",scope="${scope}"`,
    );
  });

  it('5.1-3 offers Bearer alone, for docker has nothing to answer a Basic challenge with', async () => {
    const answer = await server.askAsNobody('GET', '/v2/a/tags/list');
    expect(answer.each('www-authenticate').map((text) => text.split(' ')[0])).toEqual(['Bearer']);
  });

  it('5.1-3 says invalid_token, and for which scope, to a token that is not one', async () => {
    const ours = await server.tokenFor('repository:a/b:pull');
    const [head, payload] = ours.split('.');
    for (const token of ['nonsense', `${head}.${payload}.AAAA`, `${head}.e30.`]) {
      const answer = await server.askAsNobody('GET', '/v2/a/b/tags/list', bearer(token));
      expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
      const [challenge] = answer.each('www-authenticate');
      expect(challenge).toContain('scope="repository:a/b:pull",error="invalid_token"');
    }
  });

  it('5.1-3 says insufficient_scope to a token that was issued for something else', async () => {
    const token = await server.tokenFor('repository:a/b:pull');
    const askWith = (method: string, path: string) =>
      server.askAsNobody(method, path, bearer(token));
    for (const [method, path, scope] of [
      ['POST', '/v2/a/b/blobs/uploads/', 'repository:a/b:pull,push'],
      ['GET', '/v2/a/c/tags/list', 'repository:a/c:pull'],
      ['GET', '/v2/_catalog', 'registry:catalog:*'],
    ] as const) {
      const answer = await askWith(method, path);
      expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
      const [challenge] = answer.each('www-authenticate');
      expect(challenge).toContain(`scope="${scope}",error="insufficient_scope"`);
    }
    expect((await askWith('GET', '/v2/')).status).toBe(200);
  });

  it('5.1-3 the scheme of a token may be written in any case', async () => {
    const token = await server.tokenFor();
    const headers = { authorization: `bEARER ${token}` };
    expect((await server.askAsNobody('GET', '/v2/', { headers })).status).toBe(200);
  });

  it('5.1-4 sends clients back to the host that they asked', async () => {
    for (const host of ['registry.internal:5000', 'localhost:5000', '[::1]:5000', 'registry']) {
      const answer = await server.askAsNobody('GET', '/v2/', { headers: { host } });
      expect(answer.each('www-authenticate')[0]).toContain(`realm="http://${host}/token"`);
    }
  });

  it('5.1-4 does not repeat a Host that is none', async () => {
    for (const host of ['a"b', 'a/b', 'user@host', 'host:123456', '']) {
      const answer = await server.askAsNobody('GET', '/v2/', { headers: { host } });
      expect(answer.each('www-authenticate')[0]).toContain(
        `realm="http://127.0.0.1:${server.slipway.port}/token"`,
      );
    }
  });
});

describe('the token endpoint', () => {
  const scopes = ['repository:a/b:pull,push', 'repository:c:pull'];
  const access = [
    { type: 'repository', name: 'a/b', actions: ['pull', 'push'] },
    { type: 'repository', name: 'c', actions: ['pull'] },
  ];
  const repeated = scopes.map((scope) => ['scope', scope] as const);
  const joined = ['scope', scopes.join(' ')] as const;

  it.each([
    ['repeated', repeated],
    ['joined by a space', [joined]],
    ['both', [['scope', scopes[0] ?? ''] as const, ['scope', ` ${scopes[1] ?? ''} `] as const]],
  ])('5.1-5 GET takes scopes that are %s', async (_, fields) => {
    const query = new URLSearchParams([
      ['service', 'slipway'],
      ['account', 'admin'],
      ['client_id', 'a-client'],
      ...(fields as unknown as [string, string][]),
    ]);
    const answer = await server.ask('GET', `/token?${query.toString()}`);
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual(access);
  });

  it.each([
    ['repeated, as podman sends them', repeated],
    ['joined by a space', [joined]],
  ])('5.1-5 POST takes a password and scopes that are %s', async (_, fields) => {
    const answer = await server.askAsNobody('POST', '/token', passwordGrant(...fields));
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual(access);
  });

  it('5.1-5 POST without a grant type that it knows is 400, after which containerd tries GET', async () => {
    for (const question of [{}, form([]), form([['grant_type', 'authorization_code']])]) {
      expect((await server.askAsNobody('POST', '/token', question)).status).toBe(400);
    }
  });

  it.each([
    ['GET', () => server.ask('GET', '/token?service=slipway&scope=repository:a:pull')],
    [
      'POST',
      () =>
        server.askAsNobody('POST', '/token', passwordGrant(['scope', 'repository:a:pull,push'])),
    ],
  ])('5.1-6 %s answers with all that clients look for', async (_, asked) => {
    const answer = await asked();
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body.length).toBeLessThan(64 * 1024);
    const token = tokenIn(answer);
    expect(token.token).toBe(token.access_token);
    expect(token.expires_in).toBeGreaterThanOrEqual(60);
    expect(token.issued_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(Math.abs(Date.parse(token.issued_at) - Date.now())).toBeLessThan(10_000);
    expect(token.refresh_token).toBeUndefined();
  });

  it('5.1-6 POST says which scope it granted', async () => {
    const asked = passwordGrant(['scope', 'repository:a:push,pull repository:a:dance']);
    const { scope } = tokenIn(await server.askAsNobody('POST', '/token', asked));
    expect(scope).toBe('repository:a:pull,push');
  });

  it('5.1-6 POST does not name what it granted nothing of', async () => {
    const asked = form([
      ['grant_type', 'password'],
      ['username', guest.username],
      ['password', guest.password],
      ['scope', 'repository:a:pull registry:catalog:*'],
    ]);
    expect(tokenIn(await server.askAsNobody('POST', '/token', asked)).scope).toBe(
      'registry:catalog:*',
    );
  });

  it.each([
    ['GET', () => server.ask('GET', '/token?service=slipway&offline_token=true')],
    ['POST', () => server.askAsNobody('POST', '/token', passwordGrant(['access_type', 'offline']))],
  ])('5.1-6 %s gives a refresh token to who asks for one', async (_, asked) => {
    const { refresh_token: refreshToken } = tokenIn(await asked());
    expect(refreshToken).toEqual(expect.any(String));
  });

  it.each([
    ['an unknown action is left out', 'repository:a:pull,dance', [['a', 'pull']]],
    ['* is every action', 'repository:a:*', [['a', 'pull', 'push', 'delete']]],
    ['actions come in any order', 'repository:a:push,pull', [['a', 'pull', 'push']]],
    ['a class is ignored', 'repository(plugin):a/b:pull', [['a/b', 'pull']]],
    ['an unknown type is left out', 'artifact:a:pull repository:b:pull', [['b', 'pull']]],
    ['a name that is none is left out', 'repository:A/../b:pull', []],
    ['nonsense is left out', ': :: repository repository: repository:a %00', []],
  ])('5.1-7 %s, which is no error', async (_, scope, granted) => {
    const answer = await server.ask('GET', `/token?scope=${encodeURIComponent(scope)}`);
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual(
      granted.map(([name, ...actions]) => ({ type: 'repository', name, actions })),
    );
  });

  it('5.1-7 the catalog is asked for as registry:catalog:*', async () => {
    const token = await server.tokenFor('registry:catalog:*');
    expect((await server.askAsNobody('GET', '/v2/_catalog', bearer(token))).status).toBe(200);
  });

  it('5.1-7 a name with a port is no repository here, and no error', async () => {
    const answer = await server.ask('GET', '/token?scope=repository:host:5000/a:pull');
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual([]);
  });

  it('5.1-7 grants what the account may do of what was asked, down to nothing', async () => {
    const headers = { authorization: basic(guest.username, guest.password) };
    const path = '/token?scope=repository:a:pull,push&scope=repository:guest/a:pull,push,delete';
    const answer = await server.askAsNobody('GET', path, { headers });
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual([
      { type: 'repository', name: 'guest/a', actions: ['pull', 'push', 'delete'] },
    ]);
    const nothing = await server.askAsNobody('GET', '/token?scope=repository:a:pull', { headers });
    expect(accessIn(nothing)).toEqual([]);
  });

  it('5.1-7 who has no credentials gets a token that opens nothing', async () => {
    const answer = await server.askAsNobody('GET', '/token?scope=repository:a:pull');
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual([]);
    const refused = await server.askAsNobody(
      'GET',
      '/v2/a/tags/list',
      bearer(tokenIn(answer).token),
    );
    expect(refusal(refused)).toEqual([401, 'UNAUTHORIZED']);
    expect(refused.each('www-authenticate')[0]).toContain('error="insufficient_scope"');
  });

  it.each([
    ['a wrong password', 'admin', 'wrong'],
    ['an unknown name', 'nobody', 'wrong'],
    ['an empty name', '', ''],
    ['a name that no account can have', 'a\0b', 'wrong'],
  ])('5.1-7 %s is refused by GET and POST, in words', async (_, username, password) => {
    const headers = { authorization: basic(username, password) };
    const got = await server.askAsNobody('GET', '/token?service=slipway', { headers });
    expect(refusal(got)).toEqual([401, 'UNAUTHORIZED']);
    const posted = await server.askAsNobody(
      'POST',
      '/token',
      form([
        ['grant_type', 'password'],
        ['username', username],
        ['password', password],
      ]),
    );
    expect(refusal(posted)).toEqual([401, 'UNAUTHORIZED']);
  });

  it('5.1-8 a mount asks for two repositories, the one that it pushes to first', async () => {
    const scopes = 'scope=repository:to:push,pull&scope=repository:from:pull';
    const answer = await server.ask('GET', `/token?${scopes}`);
    expect(accessIn(answer)).toEqual([
      { type: 'repository', name: 'to', actions: ['pull', 'push'] },
      { type: 'repository', name: 'from', actions: ['pull'] },
    ]);
  });

  it('5.1-9 a refresh token gets access tokens in place of a password', async () => {
    const asked = await server.ask('GET', '/token?offline_token=true&client_id=docker');
    const refreshToken = tokenIn(asked).refresh_token ?? '';
    const refreshed = await server.askAsNobody(
      'POST',
      '/token',
      form([
        ['grant_type', 'refresh_token'],
        ['refresh_token', refreshToken],
        ['service', 'slipway'],
        ['client_id', 'docker'],
        ['scope', 'repository:a:pull'],
      ]),
    );
    expect(refreshed.status).toBe(200);
    expect(accessIn(refreshed)).toEqual([{ type: 'repository', name: 'a', actions: ['pull'] }]);
    expect(tokenIn(refreshed).refresh_token).toBe(refreshToken);
  });

  it('5.1-9 neither token does the work of the other', async () => {
    const asked = await server.ask('GET', '/token?offline_token=true');
    const { token, refresh_token: refreshToken = '' } = tokenIn(asked);
    const ping = await server.askAsNobody('GET', '/v2/', bearer(refreshToken));
    expect(refusal(ping)).toEqual([401, 'UNAUTHORIZED']);
    for (const wrong of [token, 'nonsense', '']) {
      const refreshed = await server.askAsNobody(
        'POST',
        '/token',
        form([
          ['grant_type', 'refresh_token'],
          ['refresh_token', wrong],
        ]),
      );
      expect(refusal(refreshed)).toEqual([401, 'UNAUTHORIZED']);
    }
  });
});

describe('whoever may not', () => {
  it('5.1-10 is refused by HEAD as by GET, whether the repository is there or not', async () => {
    const repository = aRepository();
    const { digest } = await server.pushBlob(repository);
    const headers = { authorization: basic(guest.username, guest.password) };
    for (const path of [
      `/v2/${repository}/blobs/${digest}`,
      `/v2/${repository}/manifests/latest`,
      `/v2/${aRepository()}/manifests/latest`,
    ]) {
      const asked = await server.askAsNobody('GET', path, { headers });
      expect(refusal(asked)).toEqual([403, 'DENIED']);
      const head = await server.askAsNobody('HEAD', path, { headers });
      expect(head.status).toBe(403);
      expect(head.body).toHaveLength(0);
      for (const method of ['GET', 'HEAD']) {
        expect((await server.askAsNobody(method, path)).status).toBe(401);
      }
    }
  });

  it('5.1-10 is not challenged again when it has signed in already', async () => {
    const headers = { authorization: basic(guest.username, guest.password) };
    const answer = await server.askAsNobody('POST', '/v2/a/blobs/uploads/', { headers });
    expect(refusal(answer)).toEqual([403, 'DENIED']);
    expect(answer.each('www-authenticate')).toEqual([]);
  });
});

describe('Basic credentials', () => {
  it('5.1-11 work on /v2 directly', async () => {
    const repository = aRepository();
    const headers = { authorization: asAdministrator() };
    const started = await server.askAsNobody('POST', `/v2/${repository}/blobs/uploads/`, {
      headers,
    });
    expect(started.status).toBe(202);
    const lowercase = { authorization: asAdministrator().replace('Basic', 'basic') };
    expect((await server.askAsNobody('GET', '/v2/', { headers: lowercase })).status).toBe(200);
  });

  it('5.1-11 that are wrong are refused with a challenge, never taken for none', async () => {
    for (const authorization of [
      basic(server.slipway.username, 'wrong'),
      'Basic',
      'Basic !!!',
      'Digest username="admin"',
      'nonsense',
    ]) {
      const answer = await server.askAsNobody('GET', '/v2/', { headers: { authorization } });
      expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
      expect(answer.each('www-authenticate')[0]).toMatch(/^Bearer (?!.*error=)/);
    }
  });
});
