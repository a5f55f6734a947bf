import { randomBytes } from 'node:crypto';
import type { Metadata } from '@slipway/metadata';
import { hashPassword, verifyPassword } from './auth/passwords.ts';

/**
 * Sees to the one administrator's account. Returns a password that was generated now: the only time
 * anybody sees it. A password that is given replaces the one before.
 */
export async function ensureAdministrator(
  metadata: Metadata,
  username: string,
  given: string | undefined,
): Promise<{ readonly generated: string | undefined }> {
  const { accounts } = metadata.tables;
  const before = await accounts.findAdministrator();
  if (before === undefined) {
    const password = given ?? randomBytes(15).toString('base64url');
    const made = await accounts.insert({
      username,
      passwordHash: await hashPassword(password),
      administrator: true,
    });
    // Of several first starts at once, one makes the account, and only its password is the right one.
    return { generated: made !== undefined && given === undefined ? password : undefined };
  }
  const { id, passwordHash } = before;
  const fits =
    given === undefined ||
    (passwordHash !== undefined && (await verifyPassword(passwordHash, given)));
  if (!fits) await accounts.setPassword(id, await hashPassword(given));
  if (before.username !== username) await rename(metadata, before.username, username);
  return { generated: undefined };
}

async function rename(metadata: Metadata, from: string, to: string): Promise<void> {
  const renamed = await metadata.transaction(async ({ namespaces }) => {
    const namespace = await namespaces.find(from);
    // Gone: another replica that starts now has renamed it already.
    return namespace === undefined || namespaces.rename(namespace.id, from, to);
  });
  if (renamed) return;
  throw new Error(
    `the administrator ${from} cannot be called ${to}, as SLIPWAY_ADMIN_USERNAME says: another account or organisation has that name`,
  );
}
