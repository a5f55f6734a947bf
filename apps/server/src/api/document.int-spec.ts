import { ENDPOINTS, showDocument } from '@slipway/api';
import { Validator } from '@seriousme/openapi-schema-validator';
import { TestApp } from '../testing/test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => app.stop());

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
}

test('the document is OpenAPI 3.1, for everybody', async () => {
  const document = await app.ask('', showDocument);

  expect(document.openapi).toBe('3.1.0');
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('it has every endpoint, each under its method and path and once', async () => {
  const { paths } = (await app.ask('', showDocument)) as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const there = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
  );
  expect(there.sort()).toEqual(
    ENDPOINTS.map(({ id, method, path }) => `${method.toLowerCase()} ${path} ${id}`).sort(),
  );
});

test('every endpoint is answered by the server, and by no more than what it has in its path', async () => {
  for (const { id, method, path } of ENDPOINTS) {
    const response = await app.fetch(
      `/api/v1${path.replace(/\{\w+\}/g, 'x')}?nonsense=1`,
      'admin',
      {
        method,
      },
    );
    const { reason } = (await response.json()) as { readonly reason: string };
    expect([id, response.status, reason]).toEqual([id, 400, 'request-invalid']);
  }
});

test('people read the same on a page that needs nothing from anywhere else', async () => {
  const response = await app.fetch('/api/v1/docs', '');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const page = await response.text();
  for (const { id, summary } of ENDPOINTS) {
    expect(page).toContain(`id="${id}"`);
    expect(page).toContain(summary);
  }
  expect(page).toContain('id="password-refused"');
  expect(page).not.toMatch(/<script|<link|src=|url\(|@import|href="(?![#/])/);
});
