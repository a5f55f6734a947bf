import type { TrustRecord } from '@slipway/metadata';
import { matches } from '@slipway/oci';

/** What an identity token says, once its signature has proved that its issuer says it. */
export interface Claims {
  readonly aud?: unknown;
  readonly sub?: unknown;
  readonly [name: string]: unknown;
}

/**
 * Whether the trust takes a token of its issuer. A trust that asks nothing of the claims takes none: public
 * issuers sign for everybody.
 */
export function takes({ audience, claims: rules }: TrustRecord, claims: Claims): boolean {
  const each = Object.entries(rules);
  return (
    audiencesOf(claims).includes(audience) &&
    each.some(([, pattern]) => /[^*]/.test(pattern)) &&
    each.every(([name, pattern]) => {
      const value = textOf(claims, name);
      return value !== undefined && matches(pattern, value);
    })
  );
}

export function audiencesOf({ aud }: Claims): readonly unknown[] {
  return Array.isArray(aud) ? aud : [aud];
}

function textOf(claims: Claims, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
