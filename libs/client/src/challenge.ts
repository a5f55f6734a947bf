/** What a registry asks for with its 401 (RFC 9110 section 11.6.1; distribution's token specification). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      readonly realm: string;
      readonly service?: string;
      readonly scope?: string;
    };

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PART = new RegExp(
  String.raw`\s*,?\s*(?:(${TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(${TOKEN}))|(${TOKEN})(?=\s|$|,))`,
  'y',
);

/** No server has more to say, and reading takes time that grows with the square of the length. */
const LONGEST = 4096;

/** The first challenge that can be met, Bearer before Basic; `undefined` when none can. */
export function parseChallenge(header: string): Challenge | undefined {
  if (header.length > LONGEST) return undefined;
  const offered = new Map<string, Map<string, string>>();
  let parameters = new Map<string, string>();
  PART.lastIndex = 0;
  while (PART.lastIndex < header.length) {
    const part = PART.exec(header);
    if (part === null) break;
    const [, key, quoted, plain, scheme] = part;
    if (scheme !== undefined) {
      parameters = new Map();
      if (!offered.has(scheme.toLowerCase())) offered.set(scheme.toLowerCase(), parameters);
    } else if (key !== undefined) {
      parameters.set(key.toLowerCase(), plain ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1'));
    }
  }
  const bearer = offered.get('bearer');
  const realm = bearer?.get('realm');
  if (realm !== undefined) {
    const service = bearer?.get('service');
    const scope = bearer?.get('scope');
    return {
      scheme: 'bearer',
      realm,
      ...(service !== undefined && { service }),
      ...(scope !== undefined && { scope }),
    };
  }
  return offered.has('basic') ? { scheme: 'basic' } : undefined;
}
