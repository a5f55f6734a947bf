import type { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { BASE } from './openapi.ts';

/** What a client gives to ask an endpoint. */
export interface Asking<E extends Endpoint = Endpoint> {
  readonly parameters?: z.input<E['parameters']>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: z.input<E['body']>;
}

/** The request that asks the endpoint. */
export function requestOf<E extends Endpoint>(
  { method, path }: E,
  { parameters, query = {}, body }: Asking<E>,
): { readonly method: string; readonly path: string; readonly body: string | undefined } {
  const values = (parameters ?? {}) as Readonly<Record<string, unknown>>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return {
    method,
    path: BASE + filled + (search.size === 0 ? '' : `?${search.toString()}`),
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}
