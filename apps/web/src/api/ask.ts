import type * as Api from '@slipway/api';
import type { Problem } from '@slipway/api';
import type { Endpoint } from '@slipway/api';
import endpoints from 'virtual:endpoints';
import type { z } from 'zod';

type Exports = typeof Api;

/** The name of an endpoint, as `@slipway/api` exports it. */
export type Name = {
  [Each in keyof Exports]: Exports[Each] extends Endpoint ? Each : never;
}[keyof Exports];
type Of<N extends Name> = Extract<Exports[N], Endpoint>;

/** What an endpoint answers, as it travels: times are texts, say. */
export type Answer<N extends Name> = z.input<Of<N>['answer']>;

/** What is asked of an endpoint. */
export interface Asking<N extends Name> {
  readonly parameters?: z.input<Of<N>['parameters']>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: z.input<Of<N>['body']>;
}

/** What the server says instead of an answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** Of HTTP; 0 where nothing answered. */
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Asks an endpoint of the management API; throws a `Refusal`. */
export async function ask<N extends Name>(
  name: N,
  { parameters, query, body }: Asking<N> = {},
  signal?: AbortSignal,
): Promise<Answer<N>> {
  const [method, path] = endpoints[name] ?? ['GET', '/'];
  return (await send(method, pathOf(path, parameters, query), body, signal)) as Answer<N>;
}

/** Sends a request to the management API, whichever part of it; throws a `Refusal`. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await answering(method, path, body, signal);
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
  throw refusalOf(response.status, text);
}

/** Reads a text that the management API gives; throws a `Refusal`. */
export async function readText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await answering('GET', path, undefined, signal);
  const text = await response.text();
  if (response.ok) return text;
  throw refusalOf(response.status, text);
}

function pathOf(path: string, parameters: unknown = {}, query: Asking<Name>['query'] = {}): string {
  const values = parameters as Readonly<Record<string, unknown>>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

async function answering(
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Refusal(0, 'unreachable', 'The registry does not answer. Is the network there?');
  }
}

function refusalOf(status: number, text: string): Refusal {
  try {
    const { reason, detail } = JSON.parse(text) as Partial<Problem>;
    return new Refusal(status, reason ?? 'unknown', detail ?? `It was answered with ${status}.`);
  } catch {
    return new Refusal(status, 'unknown', `It was answered with ${status}.`);
  }
}
