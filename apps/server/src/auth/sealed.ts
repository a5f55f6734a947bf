import { hkdfSync } from 'node:crypto';
import type { Metadata } from '@slipway/metadata';
import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose';

/**
 * Values that a browser keeps for us, which nobody can read or change. The keys are made of those that sign
 * tokens, so every replica opens what another has sealed.
 */
export class Sealed {
  readonly #metadata: Metadata;
  readonly #purpose: string;
  readonly #now: () => number;

  constructor(metadata: Metadata, purpose: string, now: () => number) {
    this.#metadata = metadata;
    this.#purpose = purpose;
    this.#now = now;
  }

  /** Good for so many seconds. */
  async seal(value: unknown, lifetime: number): Promise<string> {
    const [newest] = await this.#keys();
    if (newest === undefined) throw new Error('there is no signing key');
    const content = { value, ends: this.#now() + lifetime * 1000 };
    return new CompactEncrypt(Buffer.from(JSON.stringify(content)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: newest.id })
      .encrypt(newest.key);
  }

  /** What was sealed; `undefined` for everything else, and after its time. */
  async open(text: string): Promise<unknown> {
    try {
      const { kid } = decodeProtectedHeader(text);
      const known = (await this.#keys()).find(({ id }) => id === kid);
      if (known === undefined) return undefined;
      const { plaintext } = await compactDecrypt(text, known.key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      const { value, ends } = JSON.parse(Buffer.from(plaintext).toString()) as {
        readonly value: unknown;
        readonly ends: number;
      };
      return ends > this.#now() ? value : undefined;
    } catch {
      return undefined;
    }
  }

  async #keys(): Promise<readonly { readonly id: string; readonly key: Uint8Array }[]> {
    const records = await this.#metadata.tables.signingKeys.list();
    return records.map(({ id, privateJwk }) => ({
      id,
      key: new Uint8Array(hkdfSync('sha256', JSON.stringify(privateJwk.d), '', this.#purpose, 32)),
    }));
  }
}
