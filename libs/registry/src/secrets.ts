import { hash, randomBytes } from 'node:crypto';

/** Begins every access token, so that scanners of leaked secrets can tell what they have found. */
const PREFIX = 'slipway_';

const SECRET = /^slipway_[A-Za-z0-9_-]{43}$/;

/** A secret of 256 random bits. It is shown once; what is kept is its hash, which nobody can guess from. */
export function newSecret(): { readonly secret: string; readonly hash: Buffer } {
  const secret = PREFIX + randomBytes(32).toString('base64url');
  return { secret, hash: hashOfSecret(secret) };
}

export function isSecret(text: string): boolean {
  return SECRET.test(text);
}

export function hashOfSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
