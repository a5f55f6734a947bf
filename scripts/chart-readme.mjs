/** Writes the table of the chart's values into its README, from what stands above each key of values.yaml. */
import { readFileSync, writeFileSync } from 'node:fs';
import { inside } from './folder.mjs';

const between = /(?<=<!-- values -->\n\n)[\s\S]*?(?=\n\n<!-- \/values -->)/;

/** Of a values.yaml: `# -- meaning`, and in the next line the key with its default. */
export function valuesTable(yaml) {
  const above = [];
  const rows = [];
  let meaning;
  for (const line of yaml.split('\n')) {
    meaning = line.match(/^ *# -- (.+)/)?.[1] ?? meaning;
    const [, indent, name, value] = line.match(/^( *)([A-Za-z]\w*):(.*)$/) ?? [];
    if (name === undefined) continue;
    above.length = indent.length / 2;
    const path = [...above, name].join('.');
    above.push(name);
    // What is made of several lines has its default in the file.
    const fallback = value.trim() === '' ? 'see values.yaml' : `\`${value.trim()}\``;
    if (meaning !== undefined) rows.push(`| \`${path}\` | ${fallback} | ${meaning} |`);
    meaning = undefined;
  }
  return ['| value | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

export function withValues(readme, yaml) {
  if (!between.test(readme)) throw new Error('the README has no place for the values');
  return readme.replace(between, () => valuesTable(yaml));
}

if (process.argv[1] === inside('scripts', 'chart-readme.mjs')) {
  const readme = inside('helm', 'slipway', 'README.md');
  const values = inside('helm', 'slipway', 'values.yaml');
  writeFileSync(readme, withValues(readFileSync(readme, 'utf8'), readFileSync(values, 'utf8')));
}
