import { type Digest, parseDigest } from './digest.ts';

declare const tag: unique symbol;

/** A tag of distribution-spec v1.1 (spec.md#pulling-manifests). */
export type Tag = string & { readonly [tag]: true };

/** `<tag-or-digest>`: how a request names a manifest. */
export type Reference =
  | { readonly kind: 'tag'; readonly tag: Tag }
  | { readonly kind: 'digest'; readonly digest: Digest };

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function parseTag(text: string): Tag | undefined {
  return TAG.test(text) ? (text as Tag) : undefined;
}

/** A digest holds a colon and a tag never does, so no text is both. */
export function parseReference(text: string): Reference | undefined {
  if (text.includes(':')) {
    const digest = parseDigest(text);
    return digest === undefined ? undefined : { kind: 'digest', digest };
  }
  const name = parseTag(text);
  return name === undefined ? undefined : { kind: 'tag', tag: name };
}

/** What would be right, for the message that refuses a tag. */
export const TAG_FORM =
  '1 to 128 letters, digits, "_", "." and "-", of which the first is not "." or "-"';
