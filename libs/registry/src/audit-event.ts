import type { NewAuditEvent } from '@slipway/metadata';
import type { Digest, Reference, RepositoryName } from '@slipway/oci';
import type { Identity } from './access.ts';
import type { Asking } from './asking.ts';

/** Who does something, and from where. */
export interface By {
  readonly identity: Identity;
  readonly asking: Asking;
}

/** What is done, in the words of the audit log. */
export interface Deed {
  /** What it is done to and what it is: `manifest.push`. */
  readonly action: string;
  readonly resource: string;
  /** Whose owners may read of it. */
  readonly namespace: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
}

const LONGEST = 512;

export function eventOf(
  { identity, asking }: By,
  { action, resource, namespace, detail }: Deed,
  outcome: NewAuditEvent['outcome'],
  at?: Date,
): NewAuditEvent {
  return {
    at,
    actor: identity.name,
    actorKind: identity.kind,
    credential: credentialOf(identity),
    action,
    resource: plain(resource),
    namespace,
    outcome,
    address: plain(asking.address),
    client: plain(asking.client),
    requestId: asking.requestId,
    detail,
  };
}

/** What the registry does or refuses by itself. */
export function ownEvent(deed: Deed, outcome: NewAuditEvent['outcome']): NewAuditEvent {
  return {
    ...{ at: undefined, actor: '', actorKind: 'registry', credential: '' },
    ...{ action: deed.action, resource: deed.resource, namespace: deed.namespace, outcome },
    ...{ address: '', client: '', requestId: '', detail: deed.detail },
  };
}

/** A deed on what a repository has: `acme/web:1.0`, `acme/web@sha256:…`. */
export function onRepository(
  action: string,
  repository: RepositoryName,
  what: Reference | Digest | undefined,
  detail?: Deed['detail'],
): Deed {
  return {
    action,
    resource: repository + suffix(what),
    namespace: namespaceOf(repository),
    ...(detail !== undefined && { detail }),
  };
}

/** Whose a repository, an account or a robot is. */
export function namespaceOf(name: string): string {
  return name.split(/[/+]/, 1)[0] ?? name;
}

function suffix(what: Reference | Digest | undefined): string {
  if (what === undefined) return '';
  if (typeof what === 'string') return `@${what}`;
  return what.kind === 'tag' ? `:${what.tag}` : `@${what.digest}`;
}

/** The id says which of one's tokens it was. That of a password would tell when it was changed, and nothing else. */
function credentialOf({ principal }: Identity): string {
  if (principal === undefined) return '';
  const { kind, id } = principal.credential;
  return id === '' || kind === 'password' ? kind : `${kind}:${id}`;
}

/** As much of what a client says as belongs in a table. */
function plain(text: string): string {
  return text
    .slice(0, LONGEST)
    .replace(/\p{Cc}/gu, ' ')
    .toWellFormed();
}
