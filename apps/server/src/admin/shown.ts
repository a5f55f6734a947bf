/** An answer for people: a list as a table, one thing line by line. */
export function shown(answer: unknown): string {
  if (answer === undefined) return 'Done.';
  if (typeof answer !== 'object' || answer === null) return cell(answer);
  if ('items' in answer && Array.isArray(answer.items)) {
    const { items, ...more } = answer;
    return [...lines(more), table(items as Item[])].join('\n');
  }
  return lines(answer as Item).join('\n');
}

type Item = Readonly<Record<string, unknown>>;

function table(items: readonly Item[]): string {
  if (items.length === 0) return 'None.';
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))];
  const rows = [
    columns.map(heading),
    ...items.map((item) => columns.map((column) => cell(item[column]))),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function lines(item: Item, indent = ''): readonly string[] {
  const names = Object.keys(item);
  const width = Math.max(0, ...names.map((name) => heading(name).length));
  return names.flatMap((name) => {
    const value = item[name];
    const title = `${indent}${heading(name)}`;
    if (name === 'claims' && isObject(value)) return lines({ claims: pairs(value) }, indent);
    if (isObject(value)) return [title, ...lines(value, `${indent}  `)];
    const texts = Array.isArray(value) && value.length > 0 ? value.map(cell) : [cell(value)];
    return texts.map((text, at) =>
      `${(at === 0 ? title : '').padEnd(indent.length + width)}  ${text}`.trimEnd(),
    );
  });
}

/** Names that are somebody else's: they stay as they are. */
function pairs(claims: Item): readonly string[] {
  return Object.entries(claims).map(([name, value]) => `${name}=${cell(value)}`);
}

/** `lastUsedAt`: LAST USED AT */
function heading(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cell).join(', ');
  if (isObject(value)) return Object.values(value).map(cell).filter(Boolean).join(' ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' && TIME.test(value)) return value.replace('T', ' ').slice(0, 16);
  // Nothing that a terminal would obey.
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\p{Cc}/gu, ' ');
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function isObject(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
