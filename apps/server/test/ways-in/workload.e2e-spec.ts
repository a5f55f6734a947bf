import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { multiLayerImage } from '../images.ts';
import { refusal, type Answer } from '../protocol/exchange.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { testClients } from './clients.ts';
import { AUDIENCE, type Issuer, startIssuer } from './issuer.ts';
import { anOrganisation, aRobot } from './organisation.ts';

const JOB = { sub: 'repo:acme/web:ref:refs/heads/main', repository: 'acme/web' };
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

let database: TestDatabase;
let issuer: Issuer;
let folder: TempFolder;
const server = suiteServer(async () => {
  database = await testDatabase();
  [issuer, folder] = [await startIssuer(), await tempFolder('workload')];
  await anOrganisation(database, 'acme');
  const claims = { repository: 'acme/*', sub: '*:ref:refs/heads/main' };
  await aRobot(database, 'acme', 'ci', { issuer: issuer.url, audience: AUDIENCE, claims });
  return {
    env: {
      SLIPWAY_DATABASE_URL: urlOf(database.connection),
      SLIPWAY_WORKLOAD_ISSUERS: `https://issuer.example.org ${issuer.url}`,
    },
  };
});
afterAll(async () => {
  await issuer.close();
  await folder.remove();
  await database.drop();
});

const SCOPE = 'repository:acme/web:pull,push repository:other/web:pull';

const exchanged = (fields: Readonly<Record<string, string>>) =>
  server.askAsNobody('POST', '/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: EXCHANGE, scope: SCOPE, ...fields }).toString(),
  });
const offered = (token: string) => ({ subject_token: token, subject_token_type: ID_TOKEN });

interface Exchanged {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
}
const tokenIn = (answer: Answer) => (answer.json() as Exchanged).access_token;
const usedOn = (path: string, token: string) =>
  server.askAsNobody('GET', path, { headers: { authorization: `Bearer ${token}` } });

describe('an identity token of a job', () => {
  it.each([
    ['by the name of its robot', { robot: 'acme+ci' }],
    ['by a username', { username: 'acme+ci' }],
    ['by itself', {}],
    ['as a JWT', { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
  ])('is exchanged for a registry token %s', async (_, more) => {
    const answer = await exchanged({ ...offered(await issuer.token(JOB)), ...more });

    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      scope: 'repository:acme/web:pull,push',
      expires_in: 300,
    });
    expect(answer.json()).not.toHaveProperty('refresh_token');
    expect((await usedOn('/v2/acme/web/tags/list', tokenIn(answer))).status).toBe(404);
    expect((await usedOn('/v2/other/web/tags/list', tokenIn(answer))).status).toBe(403);
  });

  it('gets a registry token that ends when it does', async () => {
    const exp = Math.floor(Date.now() / 1000) + 90;
    const answer = await exchanged(offered(await issuer.token({ ...JOB, exp })));
    const { expires_in: expiresIn, token } = answer.json() as Exchanged;
    expect(expiresIn).toBeLessThanOrEqual(90);
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    expect((JSON.parse(payload) as { exp: number }).exp).toBeLessThanOrEqual(exp);
  });

  it('is refused with the reason', async () => {
    const token = await issuer.token({ ...JOB, sub: 'repo:acme/web:ref:refs/heads/topic' });
    const answer = await exchanged({ ...offered(token), robot: 'acme+ci' });
    expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
    expect(answer.body.toString()).toContain('refs/heads/topic');
  });

  it.each([
    ['nothing', {}],
    ['what is no identity token', { subject_token: 'password', subject_token_type: ID_TOKEN }],
    ['a token of another type', { subject_token: 'a.b.c', subject_token_type: 'saml2' }],
  ])('is not %s', async (_, fields) => {
    expect(refusal(await exchanged(fields))).toEqual([400, 'UNSUPPORTED']);
  });

  it('is a password to docker login, by GET and POST and on /v2 itself', async () => {
    const token = await issuer.token(JOB);
    const headers = { authorization: basic('acme+ci', token) };
    const got = await server.askAsNobody('GET', '/token?offline_token=true', { headers });
    expect(got.status).toBe(200);
    expect(got.json()).not.toHaveProperty('refresh_token');
    expect((await server.askAsNobody('GET', '/v2/', { headers })).status).toBe(200);
    const posted = await exchanged({
      grant_type: 'password',
      username: 'acme+ci',
      password: token,
    });
    expect(posted.status).toBe(200);
  });

  it('is refused again as soon as it has expired, though it was taken before', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3;
    const headers = { authorization: basic('acme+ci', await issuer.token({ ...JOB, exp })) };
    const ask = () => server.askAsNobody('GET', '/v2/', { headers });
    expect((await ask()).status).toBe(200);
    let answer = await ask();
    while (answer.status === 200) answer = await ask();
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
    expect(answer.body.toString()).toContain('has expired');
  });

  it('opens no management API', async () => {
    const headers = { authorization: basic('acme+ci', await issuer.token(JOB)) };
    expect((await server.askAsNobody('GET', '/api/v1/account/sessions', { headers })).status).toBe(
      403,
    );
  });
});

testClients(
  'an identity token',
  () => ({ host: server.slipway.host, folder: folder.path }),
  () => multiLayerImage(folder.path),
  async () => ({ username: 'acme+ci', password: await issuer.token(JOB) }),
  'acme/web',
);
