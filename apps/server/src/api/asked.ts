import { type Asked, type Endpoint, type Fault, isSecretField } from '@slipway/api';
import { RegistryError } from '@slipway/registry';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

/** What a request brings, or a refusal that names all that is wrong with it. */
export function readAsked(endpoint: Endpoint, request: FastifyRequest): Asked<Endpoint> {
  const { body } = request;
  if (body !== undefined && body !== null && request.mediaType !== 'application/json') {
    throw new RegistryError('request-invalid', 'the body is not application/json');
  }
  const read = {
    parameters: endpoint.parameters.safeParse(request.params),
    query: endpoint.query.safeParse(request.query),
    body: endpoint.body.safeParse(body ?? {}),
  };
  const faults = (['parameters', 'query', 'body'] as const).flatMap((where) =>
    (read[where].error?.issues ?? []).flatMap((issue) => toFaults(where, issue)),
  );
  if (faults.length > 0 || !read.parameters.success || !read.query.success || !read.body.success) {
    throw new RegistryError('request-invalid', inWords(faults), { faults });
  }
  return { parameters: read.parameters.data, query: read.query.data, body: read.body.data };
}

/** What was asked, for those who write it down. */
export function withoutSecrets(
  endpoint: Endpoint,
  asked: Asked<Endpoint>,
): Record<string, unknown> {
  const told = Object.entries({ ...asked.query, ...asked.body, ...asked.parameters }).filter(
    ([name, value]) => value !== undefined && !isSecretField(endpoint.body.shape[name]),
  );
  return Object.fromEntries(told.map(([name, value]) => [name, shortened(value)]));
}

/** Nobody reads a whole README in a list of what was done. */
const LONGEST = 2000;

function shortened(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= LONGEST) return value;
  return `${value.slice(0, LONGEST)}… (${value.length} characters)`.toWellFormed();
}

function toFaults(where: Fault['in'], issue: z.core.$ZodIssue): readonly Fault[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      in: where,
      path: [...issue.path, key].join('.'),
      message: 'is not known here',
    }));
  }
  const missing = issue.message.endsWith('received undefined');
  return [{ in: where, path, message: missing ? 'is missing' : worded(issue.message) }];
}

/** Zod's own messages, to follow a name. */
function worded(text: string): string {
  return text
    .replace(/^Invalid input: expected (.+), received .*$/, 'is not $1')
    .replace(/^Invalid option: expected one of /, 'is none of ')
    .replace(/^Invalid /, 'is no ')
    .replace(/^Too /, 'is too ');
}

function inWords(faults: readonly Fault[]): string {
  const all = faults.map(
    ({ in: where, path, message }) => `${path === '' ? `the ${where}` : path} ${message}`,
  );
  return all.slice(0, 5).join('; ') + (all.length > 5 ? `; and ${all.length - 5} more` : '');
}
