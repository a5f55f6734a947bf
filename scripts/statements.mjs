/**
 * Writes every statement that the integration tests bring this release to ask Postgres into
 * `migrations/previous-release.json`: run when a release is made, so that a test holds the migrations of the next one to them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrations } from '../migrations/dist/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const tables = join(root, 'libs/metadata/src');
const folder = mkdtempSync(join(tmpdir(), 'slipway-statements-'));

try {
  const { status } = spawnSync(
    'npm',
    ['run', '-s', 'test:integration', '--', ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, SLIPWAY_TEST_STATEMENTS: folder },
    },
  );
  if (status !== 0) throw new Error('the integration tests failed, so not all was asked');
  write();
} finally {
  rmSync(folder, { recursive: true });
}

function write() {
  const asked = Object.assign(
    {},
    ...readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8'))),
  );
  const statements = Object.fromEntries(
    Object.keys(asked)
      .sort()
      .map((name) => [name, asked[name].replace(/--.*/g, '').replace(/\s+/g, ' ').trim()]),
  );
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const lastMigration = new (migrations.at(-1))().name;
  writeFileSync(
    join(root, 'migrations/previous-release.json'),
    `${JSON.stringify({ version, lastMigration, statements }, undefined, 2)}\n`,
  );
  const known = Object.keys(statements);
  const never = namesInTables().filter((name) => !known.includes(name));
  console.log(`${known.length} statements are written down.`);
  if (never.length > 0) console.log(`Never asked by a test: ${never.join(', ')}`);
}

function namesInTables() {
  return readdirSync(tables)
    .filter((file) => file.endsWith('.table.ts'))
    .flatMap((file) => [
      ...readFileSync(join(tables, file), 'utf8').matchAll(/^ {2}name: '([^']+\.[^']+)',$/gm),
    ])
    .map(([, name]) => name);
}
