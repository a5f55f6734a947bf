import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { AuditLog, Identities, Sessions } from '@slipway/registry';
import { MemoryBlobStore } from '@slipway/storage';
import { pino } from 'pino';
import { openHub } from './api/hub.ts';
import { Invites } from './api/invites.ts';
import { auditWitness } from './api/audit-witness.ts';
import { createApp } from './app.ts';
import { Authentication } from './auth/authentication.ts';
import { hashPassword, Passwords } from './auth/passwords.ts';
import { Sealed } from './auth/sealed.ts';
import { SignIn } from './auth/sign-in.ts';
import { Site } from './auth/site.ts';
import { TokenUses } from './auth/token-uses.ts';
import { Tokens } from './auth/tokens.ts';
import { WebSessions } from './auth/web-sessions.ts';
import { openRegistry } from './distribution/index.ts';
import { Metrics } from './metrics.ts';
import { RateLimits } from './rate-limits.ts';
import { readiness } from './readiness.ts';
import { parseSettings } from './settings.ts';

let database: TestDatabase;
let metadata: Metadata;
let audit: AuditLog;
let app: NestFastifyApplication;
let url: string;
let clock = 0;
beforeAll(async () => {
  database = await testDatabase();
  metadata = await Metadata.connect(database.connection);
  for (const [username, administrator] of [
    ['admin', true],
    ['ada', false],
  ] as const) {
    const passwordHash = await hashPassword(`${username}'s password`);
    await metadata.tables.accounts.insert({ username, passwordHash, administrator });
  }
  const store = new MemoryBlobStore();
  const times = {
    reviewDelay: 60,
    deletionDelay: 60,
    uploadExpiry: 60,
    trashDelay: 60,
    now: Date.now,
  };
  audit = new AuditLog(metadata, Date.now, (error) => {
    throw error;
  });
  const registry = openRegistry(metadata, store, times, { audit, sparse: 'index' });
  const log = pino({ level: 'silent' });
  const identities = new Identities(metadata, Date.now);
  const passwords = new Passwords(metadata);
  const signIn = new SignIn({ metadata, identities, audit, passwords });
  const tokens = await Tokens.load(metadata, identities, 300);
  const limits = { idle: 60_000, longest: 60_000 };
  const sessions = new Sessions(metadata, limits, Date.now, randomUUID);
  const site = new Site(undefined, false);
  const webSessions = new WebSessions(identities, sessions, site);
  const settings = parseSettings({
    SLIPWAY_TRUSTED_PROXIES: '127.0.0.1',
    SLIPWAY_TOKEN_RATE: '3000',
    SLIPWAY_ANONYMOUS_TOKEN_RATE: '100',
    SLIPWAY_PULL_RATE: '50',
    SLIPWAY_ANONYMOUS_PULL_RATE: '4',
  });
  const parts = {
    audit,
    authentication: new Authentication(metadata, signIn, tokens, webSessions, new TokenUses()),
    hub: openHub(metadata, store, identities, registry, 'administrators', times),
    invites: new Invites(log, undefined, site),
    log,
    metrics: new Metrics(),
    rateLimits: new RateLimits(settings, () => clock),
    openIdConnect: undefined,
    readiness: readiness(metadata, store),
    resources: registry.resources,
    sealed: new Sealed(metadata, 'a test', Date.now),
    sessions,
    signIn,
    site,
    tokens,
    tracing: undefined,
    witness: auditWitness(audit),
    webSessions,
  };
  app = await createApp(settings, registry, parts);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app.close();
  await audit.close();
  await metadata.close();
  await database.drop();
});

const basic = (username: string) =>
  `Basic ${Buffer.from(`${username}:${username}'s password`).toString('base64')}`;
const ADMIN = basic('admin');

async function ask(
  method: string,
  path: string,
  authorization?: string,
  body?: string,
  headers: Record<string, string> = {},
) {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const json: unknown =
    response.headers.get('content-type')?.includes('json') === true && text !== ''
      ? JSON.parse(text)
      : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}
async function getToken(query: string, authorization?: string): Promise<TokenAnswer> {
  return (await ask('GET', `/token?service=slipway&${query}`, authorization)).json as TokenAnswer;
}
const form = { 'content-type': 'application/x-www-form-urlencoded' };

const bearer = async (scope: string) => `Bearer ${(await getToken(`scope=${scope}`, ADMIN)).token}`;

const EMPTY_INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [],
});

const pushIndex = (path: string, authorization = ADMIN) =>
  ask('PUT', path, authorization, EMPTY_INDEX, {
    'content-type': 'application/vnd.oci.image.index.v1+json',
  });

describe('the token endpoint', () => {
  test('gives a token for what was asked and is permitted, under both of its names', async () => {
    const answer = await getToken('scope=repository:a/b:pull,push&scope=registry:catalog:*', ADMIN);

    expect(answer.access_token).toBe(answer.token);
    expect(answer.expires_in).toBe(300);
    expect(Date.parse(answer.issued_at)).toBeLessThanOrEqual(Date.now());
    expect(answer.refresh_token).toBeUndefined();
    expect((await ask('GET', '/v2/_catalog', `Bearer ${answer.token}`)).status).toBe(200);
  });

  test('gives those who may nothing, and nobody, a token for nothing', async () => {
    for (const [who, refused] of [
      [basic('ada'), 403],
      [undefined, 401],
    ] as const) {
      const { token } = await getToken('scope=repository:demo:pull', who);
      const { status } = await ask('GET', '/v2/demo/tags/list', `Bearer ${token}`);
      expect(status).toBe(refused);
    }
  });

  test('refuses credentials that are wrong, with an error that docker login shows', async () => {
    const { status, json } = await ask(
      'GET',
      '/token',
      `Basic ${Buffer.from('admin:x').toString('base64')}`,
    );

    expect(status).toBe(401);
    expect(json).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  });

  test('takes a password or a refresh token in a form, and says what it granted', async () => {
    const password = new URLSearchParams({
      grant_type: 'password',
      username: 'admin',
      password: "admin's password",
      access_type: 'offline',
      scope: 'repository:a:push,pull repository:b:*',
    });
    const first = await ask('POST', '/token', undefined, password.toString(), form);
    const answer = first.json as TokenAnswer;
    expect(first.status).toBe(200);
    expect(answer.scope).toBe('repository:a:pull,push repository:b:pull,push,delete');

    const refresh = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: answer.refresh_token ?? '',
    });
    refresh.append('scope', 'repository:a:pull');
    refresh.append('scope', 'repository:b:pull');
    const second = (await ask('POST', '/token', undefined, refresh.toString(), form))
      .json as TokenAnswer;
    expect(second.scope).toBe('repository:a:pull repository:b:pull');
    expect(second.refresh_token).toBe(answer.refresh_token);
  });

  test.each([
    ['', 400],
    ['grant_type=guess', 400],
    ['grant_type=password&username=admin&password=wrong', 401],
    ['grant_type=password', 401],
    ['grant_type=refresh_token', 401],
    ['grant_type=refresh_token&refresh_token=a.b.c', 401],
  ])('refuses the form %j with %i', async (body, status) => {
    expect((await ask('POST', '/token', undefined, body, form)).status).toBe(status);
  });

  test('makes no token that is worth more than the one it is asked with', async () => {
    const pull = await bearer('repository:demo:pull');

    const more = await getToken('scope=repository:demo:push,pull&offline_token=true', pull);

    expect(more.refresh_token).toBeUndefined();
    const push = await ask('POST', '/v2/demo/blobs/uploads/', `Bearer ${more.token}`);
    expect(push.status).toBe(401);
    expect((await getToken('offline_token=true', ADMIN)).refresh_token).toBeDefined();
  });
});

describe('the protocol', () => {
  test('challenges everybody who asks for nothing in particular', async () => {
    const { status, headers, json } = await ask('GET', '/v2/');

    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(`Bearer realm="${url}/token",service="slipway"`);
    expect(headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(json).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    expect((await ask('GET', '/v2/', ADMIN)).json).toEqual({});
  });

  test.each([
    ['GET', '/v2/a/b/manifests/v1', 'repository:a/b:pull'],
    ['HEAD', '/v2/a/b/manifests/v1', 'repository:a/b:pull'],
    ['PUT', '/v2/a/b/manifests/v1', 'repository:a/b:pull,push'],
    ['DELETE', '/v2/a/b/manifests/v1', 'repository:a/b:delete'],
    ['POST', '/v2/a/b/blobs/uploads/', 'repository:a/b:pull,push'],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ])('tells who may not %s %s to ask for %s', async (method, path, scope) => {
    const nobody = await ask(method, path);
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="${url}/token",service="slipway",scope="${scope}"`,
    ]);

    const other = await ask(method, path, await bearer('repository:other:pull'));
    expect(other.status).toBe(401);
    expect(other.headers.get('www-authenticate')).toContain('error="insufficient_scope"');

    const forged = await ask(method, path, 'Bearer forged');
    expect(forged.status).toBe(401);
    expect(forged.headers.get('www-authenticate')).toContain('error="invalid_token"');

    const signedIn = await ask(method, path, basic('ada'));
    expect(signedIn.status).toBe(path === '/v2/_catalog' ? 200 : 403);
  });

  test.each([
    ['one component', 'demo'],
    ['the words of endpoints', 'manifests/blobs/uploads/tags/list'],
    ['85 components', Array.from({ length: 85 }, () => 'ab').join('/')],
  ])('takes a manifest into a repository with a name of %s, and gives it back', async (_, name) => {
    const { status, headers } = await pushIndex(`/v2/${name}/manifests/v1`);
    const digest = `sha256:${createHash('sha256').update(EMPTY_INDEX).digest('hex')}`;
    expect([status, headers.get('location')]).toEqual([201, `/v2/${name}/manifests/${digest}`]);

    for (const path of [
      `/v2/${name}/manifests/v1`,
      `/v2/${encodeURIComponent(name)}/manifests/v1`,
    ]) {
      const { text, headers: got } = await ask('GET', path, ADMIN);
      expect([text, got.get('content-type')]).toEqual([
        EMPTY_INDEX,
        'application/vnd.oci.image.index.v1+json',
      ]);
    }
    expect(await metadata.tables.repositories.find(named(name))).toBeDefined();
  });

  test.each([
    ['GET', '/v2/Demo/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/%2e%2e%2fetc/tags/list', 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a'.repeat(15_000)}/tags/list`, 400, 'NAME_INVALID'],
    ['GET', '/v2/demo/manifests/sha256:abc', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/demo/manifests/.tag', 400, 'MANIFEST_INVALID'],
    ['GET', '/v2/demo/blobs/latest', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/nowhere/tags/list', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/demo/nothing', 404, 'UNSUPPORTED'],
    ['GET', '/v2/%ZZ', 400, 'UNSUPPORTED'],
    ['PATCH', '/v2/demo/manifests/v1', 405, 'UNSUPPORTED'],
    ['POST', '/v2/', 405, 'UNSUPPORTED'],
    ['GET', '/v2/demo/tags/list?n=-1', 400, 'UNSUPPORTED'],
    ['PUT', '/v2/demo/manifests/v1', 400, 'MANIFEST_INVALID'],
  ])('refuses %s %s with %i %s', async (method, path, status, code) => {
    await pushIndex('/v2/demo/manifests/there');
    const answer = await ask(method, path, ADMIN);

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({
      errors: [{ code, message: expect.any(String) as string }],
    });
    expect(answer.text.length).toBeLessThan(1000);
  });
});

describe('signing in with a wrong password', () => {
  const basicOf = (name: string, password: string) =>
    `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const ways: readonly ((name: string, password: string) => Promise<Response>)[] = [
    (name, password) =>
      fetch(`${url}/v2/`, { headers: { authorization: basicOf(name, password) } }),
    (name, password) =>
      fetch(`${url}/token`, { headers: { authorization: basicOf(name, password) } }),
    (username, password) =>
      fetch(`${url}/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'password', username, password }),
      }),
  ];

  test.each(['grace', 'nobody-of-that-name'])(
    'as %s is slowed down in every way in, and the right one there too, but not elsewhere in use',
    async (name) => {
      const passwordHash = await hashPassword('the right one');
      await metadata.tables.accounts.insert({
        ...{ username: 'grace', passwordHash, administrator: false },
      });
      for (let n = 0; n < 6; n++) {
        const answer = await ways[n % 3]?.(name, `guess ${n}`);
        if (n < 5) expect(answer?.status).toBe(401);
      }
      // As after eight failures more: a wait that no machine is too slow for.
      await database.query('update sign_in_failures set failures = failures + 8');
      for (const way of ways) {
        for (const password of ['guess', 'the right one']) {
          const answer = await way(name, password);
          expect(answer.status).toBe(429);
          expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
          expect(answer.headers.get('www-authenticate')).toBeNull();
          expect(await answer.json()).toEqual({
            errors: [
              {
                code: 'TOOMANYREQUESTS',
                message: 'too many sign-ins have failed; wait, and try again',
                detail: { retryAfter: expect.any(Number) as number },
              },
            ],
          });
        }
      }
      const session = await fetch(`${url}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: JSON.stringify({ username: name, password: 'the right one' }),
      });
      expect(session.status).toBe(429);
      expect(Number(session.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await ask('GET', '/v2/', ADMIN)).status).toBe(200);
    },
  );
});

test('the audit log has what was pushed, mounted, deleted, denied and tried, and no pull', async () => {
  const digest = `sha256:${createHash('sha256').update(EMPTY_INDEX).digest('hex')}`;
  const bytes = 'bytes to mount';
  const blob = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const path = '/v2/audited/a';
  const mayFail = { authorization: basic('ada'), 'user-agent': 'a-client/1' };
  await pushIndex(`${path}/manifests/v1?tag=v2`);
  await ask('POST', `${path}/blobs/uploads/?digest=${blob}`, ADMIN, bytes);
  await ask('POST', `/v2/audited/b/blobs/uploads/?mount=${blob}&from=audited/a`, ADMIN);
  await ask('GET', `${path}/manifests/v1`, ADMIN);
  await ask('GET', `${path}/manifests/v1`, undefined, undefined, mayFail);
  await ask('DELETE', `${path}/manifests/v1`, undefined, undefined, mayFail);
  await ask('GET', `${path}/manifests/v1`);
  await ask('PUT', `${path}/manifests/bad`, ADMIN, '{}');
  await ask('DELETE', `${path}/manifests/v2`, ADMIN);
  await ask('DELETE', `${path}/manifests/${digest}`, ADMIN);
  await ask('DELETE', `${path}/manifests/${digest}`, ADMIN);
  await ask('DELETE', `${path}/blobs/${blob}`, ADMIN);
  await audit.close();

  const events = await metadata.tables.auditEvents.list({ namespace: 'audited' }, undefined, 100);
  const told = events.map(({ actor, action, resource, outcome }) =>
    [actor, outcome, action, resource.replace('audited/', '')].join(' '),
  );
  expect(told.sort()).toEqual(
    [
      `admin done manifest.push a:v1`,
      `admin done blob.mount b@${blob}`,
      `ada refused repository.pull a`,
      `ada refused repository.delete a`,
      `admin failed manifest.push a:bad`,
      `admin done tag.delete a:v2`,
      `admin done manifest.delete a@${digest}`,
      `admin failed manifest.delete a@${digest}`,
      `admin done blob.delete a@${blob}`,
    ].sort(),
  );
  expect(events).toContainEqual(
    expect.objectContaining({
      actor: 'ada',
      actorKind: 'account',
      credential: 'password',
      address: '127.0.0.1',
      client: 'a-client/1',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    }),
  );
  const [push] = await metadata.tables.auditEvents.list(
    { namespace: 'audited', action: 'manifest.push', outcome: 'done' },
    undefined,
    1,
  );
  expect(push?.detail).toMatchObject({ digest, tags: ['v1', 'v2'] });
});

test.each(['/v2/', '/v2/none/manifests/v1', '/api/v1/account', '/healthz', '/nothing'])(
  'an answer to %s tells the id of its request',
  async (path) => {
    const { headers } = await ask('GET', path);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  },
);

describe('how often one may ask', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address });

  test('is limited for tokens by address for who does not sign in, and told beside every answer', async () => {
    const askFrom = (address: string) =>
      ask('GET', '/token', undefined, undefined, from(`203.0.113.9, ${address}`));
    for (let n = 99; n >= 0; n--) {
      const { status, headers } = await askFrom('198.51.100.1');
      expect([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([
        200,
        `"token";r=${n};t=${Math.ceil((100 - n) * 0.6)}`,
        '"token";q=100;w=60',
      ]);
    }
    const refused = await askFrom('198.51.100.1');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.json).toMatchObject({
      errors: [
        {
          code: 'TOOMANYREQUESTS',
          message:
            '198.51.100.1 has made 100 token requests within a minute; who signs in may more',
        },
      ],
    });
    expect((await askFrom('198.51.100.2')).status).toBe(200);
    expect((await ask('GET', '/token', ADMIN, undefined, from('198.51.100.1'))).status).toBe(200);
    clock += 600;
    expect((await askFrom('198.51.100.1')).status).toBe(200);
    expect((await askFrom('198.51.100.1')).status).toBe(429);
  });

  test('is limited for pulls, and for nothing else that a push or a look needs', async () => {
    await pushIndex('/v2/ada/limited/manifests/v1');
    const path = '/v2/ada/limited/manifests/v1';
    const ADA = basic('ada');
    for (let n = 0; n < 50; n++) expect((await ask('GET', path, ADA)).status).toBe(200);

    const { status, headers } = await ask('GET', path, ADA);
    expect([status, headers.get('retry-after')]).toEqual([429, '2']);
    expect(headers.get('ratelimit')).toBe('"pull";r=0;t=60');

    expect((await ask('HEAD', path, ADA)).status).toBe(200);
    expect((await ask('GET', '/v2/ada/limited/tags/list', ADA)).status).toBe(200);
    expect((await pushIndex('/v2/ada/limited/manifests/v2', ADA)).status).toBe(201);
    const { status: begun, headers: session } = await ask(
      'POST',
      '/v2/ada/limited/blobs/uploads/',
      ADA,
    );
    expect(begun).toBe(202);
    const upload = session.get('location') ?? '';
    expect((await ask('PATCH', upload, ADA, 'bytes')).status).toBe(202);
    expect((await ask('GET', path, ADMIN)).status).toBe(200);
  });

  test('is stricter for who does not sign in, by the address that the trusted proxy names', async () => {
    await pushIndex('/v2/ada/shown/manifests/v1');
    await database.query(`update repositories set visibility = 'public' where name = 'ada/shown'`);
    metadata.access.changed();
    const askFrom = (address: string) =>
      ask('GET', '/v2/ada/shown/manifests/v1', undefined, undefined, from(address));
    for (let n = 0; n < 4; n++) expect((await askFrom('2001:db8::1')).status).toBe(200);

    expect((await askFrom('2001:db8::ffff')).status).toBe(429);
    expect((await askFrom('192.0.2.1, 2001:db8::2')).status).toBe(429);
    expect((await askFrom('2001:db8::2, 192.0.2.1')).status).toBe(200);
  });
});

describe('beside the protocol', () => {
  test('it publishes the keys that its tokens are signed with', async () => {
    const { status, headers, json } = await ask('GET', '/.well-known/jwks.json');

    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('content-type')).toMatch(/^application\/jwk-set\+json/);
    expect(json).toEqual({ keys: [expect.objectContaining({ kty: 'EC', alg: 'ES256' })] });
    expect(json).not.toHaveProperty('keys.0.d');
  });

  test('it says whether it is alive and ready, and counts', async () => {
    expect((await ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await ask('GET', '/readyz')).json).toEqual({ status: 'ok' });
    const { text, headers } = await ask('GET', '/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toContain('slipway_http_request_duration_seconds_count');
  });
});
