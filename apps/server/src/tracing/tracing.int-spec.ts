import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOrganisation } from '@slipway/api';
import { eventually } from '@slipway/metadata/testing';
import { pino } from 'pino';
import { Metrics } from '../metrics.ts';
import { measuring } from '../observer.ts';
import { type CollectedSpan, type Collector, startCollector } from '../testing/collector.ts';
import { TestApp } from '../testing/test-app.ts';
import { post } from '../webhooks/post.ts';
import { openTracing } from './open-tracing.ts';
import { tracingSettings } from './settings.ts';
import type { Tracing } from './tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const SERVER = 2;
const CLIENT = 3;

let collector: Collector;
let tracing: Tracing;
let app: TestApp;
let lines: Record<string, unknown>[];
beforeAll(async () => {
  collector = await startCollector();
  const settings = tracingSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
  });
  process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-tenant=blue';
  process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '1000';
  process.env.OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment.name=testing';
  const opened = await openTracing(settings);
  if (opened === undefined) throw new Error('there is an endpoint, and nothing is traced');
  tracing = opened;
  const log = pino(
    { mixin: tracing.fields },
    { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  lines = [];
  app = await TestApp.start({}, { tracing, log });
});
afterAll(async () => {
  await app.stop();
  await tracing.close();
  collector.close();
  delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
  delete process.env.OTEL_EXPORTER_OTLP_TIMEOUT;
  delete process.env.OTEL_RESOURCE_ATTRIBUTES;
});
beforeEach(() => {
  collector.spans.length = 0;
  lines.length = 0;
});

/** The spans, once there is one of that name. */
const collected = async (name: string, times = 1): Promise<readonly CollectedSpan[]> =>
  eventually(
    async () => collector.spans,
    (spans) => spans.filter((span) => span.name === name).length >= times,
  );

function named(spans: readonly CollectedSpan[], name: string): CollectedSpan {
  const found = spans.find((span) => span.name === name);
  if (found === undefined)
    throw new Error(`no ${name} among ${spans.map((each) => each.name).join(', ')}`);
  return found;
}

const childrenOf = (spans: readonly CollectedSpan[], { spanId }: CollectedSpan) =>
  spans.filter((span) => span.parentSpanId === spanId).map(({ name }) => name);

async function push(repository: string, content: string, headers: Record<string, string> = {}) {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const answer = await app.fetch(`/v2/${repository}/blobs/uploads/?digest=${digest}`, 'admin', {
    method: 'POST',
    body: content,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
  });
  expect(answer.status).toBe(201);
  return answer;
}

/** An address where nobody listens any more. */
async function nobodyAt(): Promise<string> {
  const gone = await startCollector();
  gone.close();
  return gone.url;
}

const PUSH = 'POST /v2/:name/blobs/uploads';

test('a push is a span of the trace that the client is in, with what it did below it', async () => {
  const headers = { traceparent: `00-${TRACE}-${SPAN}-01` };
  const answer = await push('admin/traced', 'the bytes of a layer', headers);
  const spans = await collected(PUSH);

  const request = named(spans, PUSH);
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, kind: SERVER });
  expect(request.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v2/:name/blobs/uploads',
    'http.response.status_code': 201,
    'slipway.request.id': answer.headers.get('x-request-id'),
  });
  const below = childrenOf(spans, request);
  for (const name of ['uploads.insert', 'uploads.commit', 'storage.append', 'storage.commit']) {
    expect(below).toContain(name);
  }
  const insert = named(spans, 'uploads.insert');
  expect(insert).toMatchObject({ traceId: TRACE, kind: CLIENT });
  expect(insert.attributes['db.system.name']).toBe('postgresql');
  expect(collector.headers[0]).toMatchObject({ 'x-tenant': 'blue' });
  expect(collector.resources[0]).toMatchObject({
    'service.name': 'slipway',
    'deployment.environment.name': 'testing',
  });
  expect(JSON.stringify(collector.spans)).not.toContain('admin/traced');
  expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([
    { trace_id: TRACE, span_id: request.spanId },
  ]);
});

test('a request whose body is parsed before it is handled keeps its trace', async () => {
  await app.ask('admin', createOrganisation, { body: { name: 'acme' } });
  const spans = await collected('POST /api/v1/organisations');
  const request = named(spans, 'POST /api/v1/organisations');
  expect(request.parentSpanId ?? '').toBe('');
  expect(childrenOf(spans, request)).toContain('transaction.commit');
});

test('requests at the same time are each in their own trace', async () => {
  const traces = Array.from({ length: 8 }, (_, n) => `${n + 1}`.padStart(32, '0'));
  await Promise.all(
    traces.map((trace, n) =>
      push('admin/many', `layer ${n}`, { traceparent: `00-${trace}-${SPAN}-01` }),
    ),
  );
  const spans = await collected(PUSH, traces.length);
  for (const trace of traces) {
    const ours = spans.filter(({ traceId }) => traceId === trace);
    expect(childrenOf(ours, named(ours, PUSH))).toContain('storage.append');
    const ids = new Set([SPAN, ...ours.map(({ spanId }) => spanId)]);
    expect(ours.filter(({ parentSpanId = '' }) => !ids.has(parentSpanId))).toEqual([]);
  }
});

test('what the client does not want traced is not, nor is what machines ask all the time', async () => {
  await push('admin/quiet', 'untraced', { traceparent: `00-${TRACE}-${SPAN}-00` });
  await app.fetch('/metrics', '');
  await app.fetch('/readyz', '');
  await app.fetch('/v2/', 'admin');
  const spans = await collected('GET /v2');
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(named(spans, 'GET /v2').traceId).not.toBe(TRACE);
});

test('a job is a trace of its own; one that only looks is none, but what it finds is', async () => {
  const { job } = tracing.around(measuring(new Metrics(), 'memory'));
  const look = () => app.metadata.tables.deletions.due(1);
  await job('webhooks', look);
  await job('garbage', look);
  const failing = job('retention', () => Promise.reject(new TypeError('of a secret name')));
  await expect(failing).rejects.toThrow('of a secret name');

  const spans = await collected('job retention');
  expect(childrenOf(spans, named(spans, 'job garbage'))).toEqual(['deletions.due']);
  expect(spans.filter(({ name }) => name === 'deletions.due')).toHaveLength(1);
  expect(named(spans, 'job retention')).toMatchObject({
    status: { code: 2 },
    attributes: { 'error.type': 'TypeError' },
  });
  expect(JSON.stringify(spans)).not.toContain('secret');
});

test('a webhook is told which trace it is in, and its address is not told to the collector', async () => {
  const got: IncomingHttpHeaders[] = [];
  const receiver = createServer((request, response) => {
    got.push(request.headers);
    response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hooks/secret`;
  const { outgoing } = tracing.around(measuring(new Metrics(), 'memory'));
  await outgoing('webhook', url, (headers) => post(url, headers, '{}', () => true));
  receiver.close();

  const spans = await collected('webhook');
  const { traceId, spanId, kind, attributes, status } = named(spans, 'webhook');
  expect(got[0]?.traceparent).toBe(`00-${traceId}-${spanId}-01`);
  expect(kind).toBe(CLIENT);
  expect(status?.code).toBe(2);
  expect(attributes).toMatchObject({
    'server.address': `127.0.0.1:${port}`,
    'http.response.status_code': 503,
  });
  expect(JSON.stringify(spans)).not.toContain('secret');
});

test('a collector that does not answer holds up neither the work nor the end', async () => {
  const url = await nobodyAt();
  const lonely = await openTracing(tracingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: url }));
  const { job } = lonely?.around(measuring(new Metrics(), 'memory')) ?? {};
  expect(await job?.('garbage', () => Promise.resolve('done'))).toBe('done');
  const failures: string[] = [];
  lonely?.onFailure((why) => failures.push(why));
  const begun = performance.now();
  await lonely?.close();
  expect(performance.now() - begun).toBeLessThan(8000);
  expect(failures).toEqual([expect.stringContaining('connect ECONNREFUSED ')]);
});

test('without an endpoint there is nothing', async () => {
  expect(await openTracing(tracingSettings({}))).toBeUndefined();
});
