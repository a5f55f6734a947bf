import type { Metadata } from '@slipway/metadata';
import { parseRepositoryName } from '@slipway/oci';
import { ANONYMOUS, fingerprint, type Principal } from '@slipway/registry';
import type { Tokens } from '../auth/tokens.ts';
import type { UploadPass } from './check-location.ts';

/**
 * A token of the administrator for one repository, which need not be there: an upload that is cancelled makes none.
 * `undefined` where there is no administrator who could have one.
 */
export async function uploadPass(
  metadata: Metadata,
  tokens: Tokens,
): Promise<UploadPass | undefined> {
  const administrator = await metadata.tables.accounts.findAdministrator();
  if (administrator === undefined) return undefined;
  const { id, username, passwordHash } = administrator;
  const repository = parseRepositoryName(`${username}/doctor`);
  if (repository === undefined) return undefined;
  const principal: Principal = {
    kind: 'account',
    id,
    credential:
      passwordHash === undefined
        ? { kind: 'directory', id: '' }
        : { kind: 'password', id: fingerprint(passwordHash) },
  };
  const identity = { ...ANONYMOUS, kind: 'account' as const, name: username, principal };
  const { token } = await tokens.issue(identity, [{ repository, actions: ['push'] }]);
  return { repository, token };
}
