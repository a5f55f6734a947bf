declare const storageKey: unique symbol;

/**
 * The physical name of one blob's bytes: a fresh UUID for every upload, never derived from the digest, so
 * that deleting garbage can never hit a blob that was pushed again.
 */
export type StorageKey = string & { readonly [storageKey]: true };

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isStorageKey(text: string): text is StorageKey {
  return UUID.test(text);
}

/** Throws a `TypeError` for anything but a lower-case UUID: a key becomes a path. */
export function parseStorageKey(text: string): StorageKey {
  if (isStorageKey(text)) return text;
  throw new TypeError(`not a storage key: ${JSON.stringify(text)}`);
}
