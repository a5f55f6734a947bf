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
  const changed = given !== undefined && !(await verifyPassword(before.passwordHash, given));
  if (changed || before.username !== username) {
    const passwordHash = changed ? await hashPassword(given) : before.passwordHash;
    await accounts.updateCredentials(before.id, { username, passwordHash });
  }
  return { generated: undefined };
}
