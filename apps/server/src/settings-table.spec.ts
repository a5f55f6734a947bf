import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from './settings-table.ts';

test("the README's table of settings is the schema's; `npm run readme` writes it", () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
  expect(withoutPadding(readme)).toContain(withoutPadding(settingsTable()));
});

/** Prettier aligns the columns of a table. */
function withoutPadding(text: string): string {
  return text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
}
