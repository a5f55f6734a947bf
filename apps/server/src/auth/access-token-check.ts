import type { Metadata } from '@slipway/metadata';
import { hashOfSecret, isSecret, type Principal } from '@slipway/registry';

/** Whose access token this is; `undefined` for what is none, or none any more. */
export async function checkAccessToken(
  metadata: Metadata,
  secret: string,
): Promise<Principal | undefined> {
  if (!isSecret(secret)) return undefined;
  const found = await metadata.tables.accessTokens.findByHash(hashOfSecret(secret));
  if (found === undefined) return undefined;
  return { ...found.owner, credential: { kind: 'access-token', id: found.id } };
}
