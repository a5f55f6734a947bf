import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metadata } from '@slipway/metadata';
import { named, testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import {
  Blobs,
  Identities,
  Manifests,
  Referrers,
  Repositories,
  Resources,
  Sessions,
  Uploads,
} from '@slipway/registry';
import { MemoryBlobStore } from '@slipway/storage';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { Authentication } from './auth/authentication.ts';
import { hashPassword, Passwords } from './auth/passwords.ts';
import { Sealed } from './auth/sealed.ts';
import { SignIn } from './auth/sign-in.ts';
import { Site } from './auth/site.ts';
import { Tokens } from './auth/tokens.ts';
import { WebSessions } from './auth/web-sessions.ts';
import { Metrics } from './metrics.ts';
import { readiness } from './readiness.ts';
import { parseSettings } from './settings.ts';

let database: TestDatabase;
let metadata: Metadata;
let app: NestFastifyApplication;
let url: string;
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
  const times = { reviewDelay: 60, deletionDelay: 60, uploadExpiry: 60, now: Date.now };
  const registry = {
    blobs: new Blobs(metadata, store, times),
    manifests: new Manifests(metadata, times, 'index'),
    referrers: new Referrers(metadata),
    repositories: new Repositories(metadata),
    resources: new Resources(metadata),
    uploads: new Uploads(metadata, store, times, randomUUID),
  };
  const identities = new Identities(metadata, Date.now);
  const signIn = new SignIn(metadata, identities, new Passwords(metadata));
  const tokens = await Tokens.load(metadata, identities, 300);
  const limits = { idle: 60_000, longest: 60_000 };
  const sessions = new Sessions(metadata, limits, Date.now, randomUUID);
  const site = new Site(undefined, false);
  const webSessions = new WebSessions(identities, sessions, site);
  const parts = {
    authentication: new Authentication(metadata, signIn, tokens, webSessions),
    log: pino({ level: 'silent' }),
    metrics: new Metrics(),
    openIdConnect: undefined,
    readiness: readiness(metadata, store),
    resources: registry.resources,
    sealed: new Sealed(metadata, 'a test', Date.now),
    sessions,
    signIn,
    site,
    tokens,
    webSessions,
  };
  app = await createApp(parseSettings({}), registry, parts);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app.close();
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

const pushIndex = (path: string) =>
  ask('PUT', path, ADMIN, EMPTY_INDEX, {
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

describe('beside the protocol', () => {
  test('it says whether it is alive and ready, and counts', async () => {
    expect((await ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await ask('GET', '/readyz')).json).toEqual({ status: 'ok' });
    const { text, headers } = await ask('GET', '/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toContain('slipway_http_request_duration_seconds_count');
  });
});
