import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { noteAsking } from './asking.ts';
import { encodeNameInPath } from './distribution/index.ts';
import { Metrics } from './metrics.ts';
import { observeRequests } from './requests.ts';

let app: FastifyInstance;
let metrics: Metrics;
let lines: string[];
let url: string;
beforeEach(async () => {
  lines = [];
  metrics = new Metrics();
  app = Fastify({
    genReqId: () => randomUUID(),
    rewriteUrl: (request) => encodeNameInPath(request.url ?? '/'),
  });
  noteAsking(app);
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  observeRequests(app, metrics, log);
  app.get('/v2/:name/manifests/:reference', () => ({}));
  app.put('/v2/:name/manifests/:reference', () => ({}));
  app.get('/v2/:name/tags/list', () => Promise.reject(new Error('it broke')));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => app.close());

interface Line {
  readonly id: string;
  readonly level: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
}
const logged = () => lines.map((line) => JSON.parse(line) as Line);

/** The id that the client was told. */
async function ask(path: string, method = 'GET'): Promise<string | null> {
  const response = await fetch(url + path, { method });
  await response.text();
  return response.headers.get('x-request-id');
}

test('requests are counted by route, method and status, never by name', async () => {
  await ask('/v2/some/secret/manifests/v1');
  await ask('/v2/another/manifests/v2');
  await ask('/v2/some/secret/manifests/v1', 'PUT');
  await ask('/v2/some/secret/tags/list');
  await ask('/v2/some/secret/nothing');
  await ask('/whatever?name=secret', 'DELETE');

  const text = await metrics.registry.metrics();
  expect(text).not.toContain('secret');
  const lines = text.split('\n');
  const series = (name: string) => lines.filter((line) => line.startsWith(`slipway_http_${name}{`));
  expect(series('request_duration_seconds_count')).toContain(
    'slipway_http_request_duration_seconds_count{method="GET",route="/v2/:name/tags/list",status="5xx"} 1',
  );
  const count = (method: string, route: string, status: number, times: number) =>
    `slipway_http_requests_total{method="${method}",route="${route}",status="${status}"} ${times}`;
  expect(series('requests_total').sort()).toEqual(
    [
      count('GET', '/v2/:name/manifests/:reference', 200, 2),
      count('PUT', '/v2/:name/manifests/:reference', 200, 1),
      count('GET', '/v2/:name/tags/list', 500, 1),
      count('GET', 'none', 404, 1),
      count('DELETE', 'none', 404, 1),
    ].sort(),
  );
});

test('a request is under way until it is answered, and its bytes are counted once', async () => {
  for (let times = 0; times < 3; times++) await ask('/v2/demo/manifests/v1');

  const value = (text: string, name: string) =>
    Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  const text = await metrics.registry.metrics();
  expect(value(text, 'slipway_http_requests_in_progress')).toBe(0);
  const received = value(text, 'slipway_http_received_bytes_total');
  const sent = value(text, 'slipway_http_sent_bytes_total');
  expect([received > 100, received < 3000, sent > 100, sent < 3000]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test('what changes something or fails is logged, under the path that the client wrote; the rest at debug', async () => {
  await ask('/v2/some/repository/manifests/v1?ns=a');
  await ask('/v2/some/repository/manifests/v1', 'PUT');
  await ask('/v2/some/repository/tags/list');
  await ask('/nothing');

  const { debug, info } = pino.levels.values;
  expect(logged().map(({ level, method, url, status }) => [level, method, url, status])).toEqual([
    [debug, 'GET', '/v2/some/repository/manifests/v1?ns=a', 200],
    [info, 'PUT', '/v2/some/repository/manifests/v1', 200],
    [info, 'GET', '/v2/some/repository/tags/list', 500],
    [debug, 'GET', '/nothing', 404],
  ]);
});

test('a line of the log names the request as its client knows it, whatever became of it', async () => {
  const told = [
    await ask('/v2/some/repository/manifests/v1', 'PUT'),
    await ask('/v2/some/repository/tags/list'),
    await ask('/nothing'),
  ];
  expect(new Set(told).size).toBe(3);
  expect(logged().map(({ id }) => id)).toEqual(told);
});
