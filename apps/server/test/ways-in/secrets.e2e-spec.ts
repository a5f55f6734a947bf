import { multiLayerImage } from '../images.ts';
import { suiteServer } from '../protocol/suite-server.ts';
import { tempFolder, type TempFolder } from '../temp-folder.ts';
import { testClients } from './clients.ts';

const server = suiteServer();

let folder: TempFolder;
let robotSecret: string;
let accessToken: string;

async function manage<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await server.ask(method, `/api/v1${path}`, {
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body.toString()}`);
  return (answer.body.length > 0 ? answer.json() : undefined) as Answer;
}

beforeAll(async () => {
  folder = await tempFolder('secrets');
  await manage('POST', '/organisations', { name: 'acme' });
  await manage('POST', '/namespaces/acme/robots', { name: 'ci' });
  await manage('POST', '/namespaces/acme/grants', { pattern: 'web*', role: 'push', robot: 'ci' });
  ({ secret: robotSecret } = await manage<{ secret: string }>(
    'POST',
    '/namespaces/acme/robots/ci/secrets',
    { name: 'a build server', expiresInDays: 1 },
  ));
  ({ secret: accessToken } = await manage<{ secret: string }>('POST', '/account/tokens', {
    name: 'a laptop',
    scopes: [{ repositories: 'demo/*', actions: ['pull', 'push'] }],
  }));
});
afterAll(() => folder.remove());

const place = () => ({ host: server.slipway.host, folder: folder.path });
const image = () => multiLayerImage(folder.path);

testClients(
  "a robot's secret",
  place,
  image,
  () => Promise.resolve({ username: 'acme+ci', password: robotSecret }),
  'acme/web',
);

testClients(
  'an access token of the administrator for some repositories',
  place,
  image,
  () => Promise.resolve({ username: server.slipway.username, password: accessToken }),
  'demo/web',
);
