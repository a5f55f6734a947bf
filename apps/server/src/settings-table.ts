import { settingRows } from './settings.ts';

/** The README's table of settings, in Markdown; `npm run readme` writes it and a test keeps it true. */
export function settingsTable(): string {
  const rows = settingRows().map(
    ({ name, fallback, meaning }) =>
      `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${meaning} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
