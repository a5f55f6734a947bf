import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestApp } from './testing/test-app.ts';

const docs = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');

/** Labels that Prometheus itself gives, and that of a histogram's buckets. */
const GIVEN = ['job', 'instance', 'le'];

let app: TestApp;
let types: ReadonlyMap<string, string>;
beforeAll(async () => {
  app = await TestApp.start();
  const text = await (await app.fetch('/metrics', '')).text();
  types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
});
afterAll(async () => app.stop());

/** The labels of our metrics, as docs/operate.md tells them. */
const labels = new Map(
  [...docs('operate.md').matchAll(/^\| `(slipway_\w+)` +\| \w+ +\| ([a-z, ]*?) +\|/gm)].map(
    ([, name = '', list = '']) => [name, list.split(', ')],
  ),
);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const panels = () =>
  (JSON.parse(docs('grafana/slipway.json')) as { readonly panels: readonly Panel[] }).panels;

/** What is wrong with an expression: names that are not exposed as that, and labels that they do not have. */
function faultsOf(expression: string): readonly string[] {
  const metrics = [...expression.matchAll(/\b((?:slipway|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
  if (metrics.length === 0) return [`${expression} asks for nothing`];
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(', '),
  );
  return metrics.flatMap(([, name = '', selectors = '']) => {
    const base = name.replace(/_(?:bucket|count|sum)$/, '');
    const whole = types.get(name);
    const histogram = types.get(base) === 'histogram' && base !== name;
    if (!histogram && (whole === undefined || whole === 'histogram')) return [name];
    const known = labels.get(histogram ? base : name);
    if (known === undefined) return [];
    const used = [...selectors.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
    return [...used, ...grouped]
      .filter((label) => ![...known, ...GIVEN].includes(label))
      .map((label) => `${name} has no ${label}`);
  });
}

test('every panel of the dashboard asks for metrics and labels that are there', () => {
  const asking = panels().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, faults: faultsOf(expr) })),
  );
  expect(asking.length).toBeGreaterThan(30);
  expect(asking.filter(({ faults }) => faults.length > 0)).toEqual([]);
});

test('so does every alert, and each says what to do', () => {
  const rules = docs('grafana/alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1);
  expect(rules.length).toBeGreaterThan(8);
  for (const rule of rules) {
    const expression = /^ {8}expr: ([\s\S]*?)^ {8}(?:for|labels): /m.exec(rule)?.[1] ?? '';
    expect(faultsOf(expression.replace(/\s+/g, ' '))).toEqual([]);
    expect(rule).toMatch(/^ {10}summary: \S[\s\S]*^ {10}action: \S/m);
  }
});

test('an expression that asks for what is not there is noticed', () => {
  expect(faultsOf('rate(slipway_http_requests[5m])')).toEqual(['slipway_http_requests']);
  expect(faultsOf('slipway_job_duration_seconds{name="x"}')).toEqual([
    'slipway_job_duration_seconds',
  ]);
  expect(faultsOf('sum by (repository) (slipway_http_requests_total{code="200"})')).toEqual([
    'slipway_http_requests_total has no code',
    'slipway_http_requests_total has no repository',
  ]);
});
