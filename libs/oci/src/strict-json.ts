/**
 * JSON as two readers cannot disagree about it. Go compares keys without regard to case and takes the
 * last of two, others take the first: a manifest with `layers` and `Layers` is two images in one. So keys
 * that are equal but for case are refused, and so are bytes that are not UTF-8, depth beyond
 * `MAX_DEPTH`, more than `MAX_KEYS` keys, and anything `JSON.parse` refuses (RFC 8259 section 4 leaves
 * the first to the reader).
 */
export type StrictJson = { readonly value: unknown } | { readonly problem: string };

const MAX_DEPTH = 64;

/** More than 8 MiB of descriptors have, and few enough that nobody waits while they are read. */
const MAX_KEYS = 250_000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function parseStrictJson(bytes: Uint8Array): StrictJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { problem: 'it is not UTF-8' };
  }
  const problem = ambiguity(text);
  if (problem !== undefined) return { problem };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: `it is not JSON: ${(error as SyntaxError).message}` };
  }
}

/** One pass over the text without recursion. Text that is not JSON may pass: `JSON.parse` comes after. */
function ambiguity(text: string): string | undefined {
  let count = 0;
  const open: (Set<string> | undefined)[] = []; // keys of each open object, undefined for an array
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) {
      if (open.length === MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
      open.push(code === 0x7b ? new Set() : undefined);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else if (code === QUOTE) {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && followedByColon(text, end)) {
        if (++count > MAX_KEYS) return `it has more than ${MAX_KEYS} keys`;
        const key = readKey(text.slice(at, end));
        if (key === undefined) return undefined;
        const folded = foldCase(key);
        if (keys.has(folded)) return `it has the key ${JSON.stringify(key)} twice in one object`;
        keys.add(folded);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The position behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE)
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function followedByColon(text: string, at: number): boolean {
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return text.charAt(at) === ':';
}

function readKey(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

/**
 * One form for all keys that Go's `strings.EqualFold` takes for equal, such as `layers` and `layerſ`. Three
 * steps, for `ẞ` has no upper case but `ß`'s upper case is `SS`.
 */
export function foldCase(key: string): string {
  return key.toLowerCase().toUpperCase().toLowerCase();
}
