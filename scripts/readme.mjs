// Writes the table of settings into the README, from the schema that the server reads them by.
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsTable } from '../apps/server/dist/settings-table.js';

const file = new URL('../README.md', import.meta.url);
const between = /(?<=<!-- settings -->\n\n)[\s\S]*?(?=\n\n<!-- \/settings -->)/;
const before = readFileSync(file, 'utf8');
if (!between.test(before)) throw new Error('README.md has no place for the settings');
writeFileSync(
  file,
  before.replace(between, () => settingsTable()),
);
