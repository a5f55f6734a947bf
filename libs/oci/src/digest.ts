declare const digest: unique symbol;

/** `algorithm:encoded`, of an algorithm and a length that were checked (image-spec v1.1.1, descriptor.md#digests). */
export type Digest = string & { readonly [digest]: true };

export type Algorithm = 'sha256' | 'sha512';

/** The registered algorithms, as descriptor.md#registered-algorithms lists them, with their length in hex. */
const HEX_LENGTH: Record<Algorithm, number> = { sha256: 64, sha512: 128 };

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function parseDigest(text: string): Digest | undefined {
  return DIGEST.test(text) ? (text as Digest) : undefined;
}

export function parseAlgorithm(text: string): Algorithm | undefined {
  return Object.hasOwn(HEX_LENGTH, text) ? (text as Algorithm) : undefined;
}

export function algorithmOf(value: Digest): Algorithm {
  return value.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** Joins an algorithm with the hex of its hash. */
export function digestOf(algorithm: Algorithm, hex: string): Digest {
  return `${algorithm}:${hex}` as Digest;
}

/** What would be right, for the message that refuses a digest. */
export const DIGEST_FORM = 'sha256: and 64, or sha512: and 128, lower-case hexadecimal digits';
