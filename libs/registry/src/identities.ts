import { createHash } from 'node:crypto';
import { type IdentityRecord, type Metadata, Remembered } from '@slipway/metadata';
import { parseNamePattern } from '@slipway/oci';
import type { Action, Grant, Identity, Limit } from './access.ts';
import { type Principal, writePrincipal } from './principal.ts';

const REMEMBERED = 10_000;

interface Found {
  readonly identity: Identity;
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * Who a principal is now. A credential that was revoked, a password that changed, an account that was
 * disabled: from that moment on, on every replica, there is no such identity (see `AccessWatch`).
 */
export class Identities {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  readonly #found: Remembered<Found>;

  constructor(metadata: Metadata, now: () => number) {
    this.#metadata = metadata;
    this.#now = now;
    this.#found = new Remembered(metadata.access, REMEMBERED);
  }

  async of(principal: Principal): Promise<Identity | undefined> {
    return (await this.shown(principal))?.identity;
  }

  /** As `of`, and when the credential ends, for those who remember the answer. */
  async shown(principal: Principal): Promise<Found | undefined> {
    const found = await this.#found.get(writePrincipal(principal), () => this.#ask(principal));
    return found !== undefined && found.expires > this.#now() ? found : undefined;
  }

  /** Who somebody would be with a credential that is good for all that they may do. */
  async standing(kind: Principal['kind'], id: number): Promise<Identity | undefined> {
    const { identities } = this.#metadata.tables;
    const record = await (kind === 'robot' ? identities.robot(id) : identities.account(id));
    return record && { ...identityOf(kind, record), principal: undefined, limits: [] };
  }

  async #ask(principal: Principal): Promise<Found | undefined> {
    const record = await this.#record(principal);
    if (record === undefined) return undefined;
    const limits = limitsOf(principal, record);
    const identity = { ...identityOf(principal.kind, record), principal, limits };
    return { identity, expires: record.expiresAt?.getTime() ?? Infinity };
  }

  async #record({ kind, id, credential }: Principal): Promise<IdentityRecord | undefined> {
    const { identities } = this.#metadata.tables;
    if (kind === 'robot') {
      switch (credential.kind) {
        case 'access-token':
          return identities.robot(id, { token: credential.id });
        case 'workload':
          return identities.robot(id, { trust: Number(credential.id) });
        case 'password':
        case 'directory':
        case 'session':
          return undefined;
      }
    }
    switch (credential.kind) {
      case 'access-token':
        return identities.account(id, { token: credential.id });
      case 'session':
        return identities.account(id, { session: credential.id });
      case 'directory':
        return identities.account(id);
      case 'password': {
        const record = await identities.account(id);
        return record?.passwordHash !== undefined &&
          fingerprint(record.passwordHash) === credential.id
          ? record
          : undefined;
      }
      case 'workload':
        return undefined;
    }
  }
}

function identityOf(kind: Principal['kind'], record: IdentityRecord) {
  const { name, administrator, rights, memberships } = record;
  return { kind, name, administrator, rights, memberships };
}

/** Changes with the password and tells nothing about it. */
export function fingerprint(passwordHash: string): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 22);
}

function limitsOf({ credential }: Principal, { scopes, api }: IdentityRecord): readonly Limit[] {
  if (credential.kind !== 'access-token') return [];
  return [{ of: 'access-token', grants: scopes?.flatMap(toGrant), api }];
}

function toGrant(scope: {
  readonly repositories: string;
  readonly actions: readonly string[];
}): readonly Grant[] {
  const pattern = parseNamePattern(scope.repositories);
  if (pattern === undefined) return [];
  return [{ on: { kind: 'repositories', pattern }, actions: scope.actions as readonly Action[] }];
}
