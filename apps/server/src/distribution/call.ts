import {
  parseDigest,
  type Digest,
  DIGEST_FORM,
  parseReference,
  parseTag,
  type Reference,
  type RepositoryName,
  type Tag,
  TAG_FORM,
} from '@slipway/oci';
import { type Asking, type Identity, RegistryError } from '@slipway/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from './registry.ts';

export interface Limits {
  /** Largest manifest in bytes. */
  readonly manifest: number;
  /** Milliseconds without a byte after which a body, or a client that does not read, is given up. */
  readonly idle: number;
}

/** A request as far as every endpoint has it: who asks what of which repository, allowed already. */
export interface Call {
  readonly log: Logger;
  readonly registry: Registry;
  readonly limits: Limits;
  /** Whether a client at this address may be sent elsewhere for a blob's bytes. */
  readonly mayRedirect: (address: string) => boolean;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly identity: Identity;
  readonly asking: Asking;
  readonly repository: RepositoryName;
}

/** A segment of the path, decoded. */
export function parameter({ request }: Pick<Call, 'request'>, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}

/** Every value of a query parameter, in order. */
export function queries({ request }: Pick<Call, 'request'>, name: string): readonly string[] {
  const value = (request.query as Readonly<Record<string, string | string[] | undefined>>)[name];
  const values = value === undefined ? [] : [value].flat();
  if (!values.some((each) => each.includes('\0'))) return values;
  throw new RegistryError('request-invalid', `the value of ${name} holds a NUL character`);
}

/** The query parameter's last value; an empty one counts as none. */
export function query(call: Pick<Call, 'request'>, name: string): string | undefined {
  const value = queries(call, name).at(-1);
  return value === '' ? undefined : value;
}

export function requireDigest(text: string): Digest {
  const digest = parseDigest(text);
  if (digest !== undefined) return digest;
  throw new RegistryError(
    'digest-invalid',
    `${JSON.stringify(shortened(text))} is not a digest: ${DIGEST_FORM}`,
  );
}

export function requireTag(text: string): Tag {
  const tag = parseTag(text);
  if (tag !== undefined) return tag;
  throw new RegistryError(
    'tag-invalid',
    `${JSON.stringify(shortened(text))} is not a tag: ${TAG_FORM}`,
  );
}

export function requireReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference !== undefined) return reference;
  return text.includes(':')
    ? { kind: 'digest', digest: requireDigest(text) }
    : { kind: 'tag', tag: requireTag(text) };
}

/** As much of a hostile text as belongs in a message. */
export function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
