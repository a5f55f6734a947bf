import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Run before a file of tests: notes what it asks Postgres, by name, in a file of the folder `SLIPWAY_TEST_STATEMENTS`. */
const folder = process.env.SLIPWAY_TEST_STATEMENTS ?? '';
const asked = new Map<string, string>();

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to a client
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (this: pg.Client, ...words: unknown[]) {
  const [statement] = words;
  if (isNamed(statement)) asked.set(statement.name, statement.text);
  return Reflect.apply(query, this, words) as unknown;
} as typeof query;

/** Jest's, whose types are the tests' alone. */
declare const afterAll: (work: () => void) => void;

afterAll(() => {
  const file = join(folder, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify(Object.fromEntries(asked)));
});

function isNamed(value: unknown): value is { readonly name: string; readonly text: string } {
  return typeof value === 'object' && value !== null && 'name' in value && 'text' in value;
}
