import { accessInWords, BASE, type Endpoint, isRequiredIn, jsonSchema } from '@slipway/api';

const STYLE = `
  body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #fff }
  h2 { margin-top: 3rem; border-bottom: 1px solid #cfd6df } h3 { margin: 2rem 0 .25rem }
  code, pre { font: 14px/1.45 ui-monospace, monospace; background: #f2f5f8; border-radius: 4px }
  code { padding: .1rem .3rem } pre { padding: .75rem; overflow-x: auto } pre code { padding: 0 }
  table { border-collapse: collapse } td { padding: .2rem .75rem .2rem 0; vertical-align: top }
  nav a { margin-right: 1rem } .method { font-weight: 600 } .access { color: #51606f }
  @media (prefers-color-scheme: dark) {
    body { color: #dbe2ea; background: #14181d } code, pre { background: #20262e } a { color: #86b7ff }
    h2 { border-color: #36404b } .access { color: #9aa8b6 }
  }`;

/** The endpoints as a page for people. It needs nothing from anywhere, not even a script. */
export function docsPage(
  endpoints: readonly Endpoint[],
  document: unknown,
  problems: readonly (readonly [reason: string, status: number])[],
): string {
  const tags = [...new Set(endpoints.map(tagOf))];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway: the management API</title>
<style>${STYLE}</style>
<h1>The management API</h1>
<p>${escaped(descriptionOf(document))} The same for programs: <a href="${BASE}/openapi.json">openapi.json</a>.</p>
<p>Sign in with <code>Authorization: Basic</code> (a username and its password, or an access token in the password's place)
or with <code>Authorization: Bearer slipway_…</code>. A slash in a repository's name is written <code>%2F</code> in a path.</p>
<nav>${tags.map((tag) => `<a href="#${tag}">${tag}</a>`).join(' ')} <a href="#problems">problems</a></nav>
${tags
  .map(
    (tag) =>
      `<h2 id="${tag}">${tag}</h2>\n${endpoints
        .filter((each) => tagOf(each) === tag)
        .map(section)
        .join('\n')}`,
  )
  .join('\n')}
<h2 id="problems">problems</h2>
<p>Whatever is refused is answered as <code>application/problem+json</code>. Its <code>reason</code> is one of these:</p>
<table>${problems.map(([reason, status]) => `<tr id="${reason}"><td><code>${reason}</code></td><td>${status}</td></tr>`).join('')}</table>
</html>
`;
}

function section(endpoint: Endpoint): string {
  const { access, description, example, id, method, path, status, summary, words } = endpoint;
  return `<h3 id="${id}">${escaped(summary)}</h3>
<p><code><span class="method">${method}</span> ${BASE}${escaped(path)}</code> &nbsp; <code>slipway-server ${escaped(words)}</code></p>
${description === undefined ? '' : `<p>${escaped(description)}</p>`}
<p class="access">For: ${escaped(accessInWords(access))}</p>
${fields('in the path', endpoint.parameters)}${fields('in the query', endpoint.query)}${fields('in the body', endpoint.body)}
${shown('Body', example.body)}${shown(`Answer ${status}`, example.answer)}`;
}

function fields(where: string, type: Endpoint['body']): string {
  const names = Object.keys(type.shape);
  if (names.length === 0) return '';
  const required = isRequiredIn(type);
  const rows = names.map((name) => {
    const { description = '', ...schema } = jsonSchema(type.shape[name] ?? type) as {
      readonly description?: string;
    } & Readonly<Record<string, unknown>>;
    const values = Array.isArray(schema.enum)
      ? schema.enum.join(' | ')
      : typeof schema.type === 'string'
        ? schema.type
        : '';
    const optional = required(name) || where === 'in the path' ? '' : ', optional';
    return `<tr><td><code>${name}</code></td><td>${escaped(values)}${optional}</td><td>${escaped(description)}</td></tr>`;
  });
  return `<table><caption hidden>${where}</caption>${rows.join('')}</table>\n`;
}

function shown(title: string, value: unknown): string {
  if (value === undefined) return '';
  return `<p>${title}</p><pre><code>${escaped(JSON.stringify(value, null, 2))}</code></pre>\n`;
}

function tagOf({ id }: Endpoint): string {
  return id.split('.')[0] ?? id;
}

function descriptionOf(document: unknown): string {
  return (document as { readonly info: { readonly description: string } }).info.description;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
