import { z } from 'zod';
import type { Access } from './access.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Named values, each with what it must be. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** One thing that can be asked of the registry beside the distribution protocol. */
export interface Endpoint<
  Parameters extends Shape = Shape,
  Query extends Shape = Shape,
  Body extends Shape = Shape,
  Answer extends z.ZodType = z.ZodType,
> {
  /** Stable; what the audit log calls it. */
  readonly id: string;
  readonly method: Method;
  /** Behind `/api/v1`; parameters stand in braces. */
  readonly path: string;
  /** How a terminal says it: `teams add-member <organisation> <team> <username>`; what stands in no brackets is an option. */
  readonly words: string;
  /** One sentence, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly parameters: z.ZodObject<Parameters, z.core.$strict>;
  readonly query: z.ZodObject<Query, z.core.$strict>;
  readonly body: z.ZodObject<Body, z.core.$strict>;
  /** What is answered; `nothing` with status 204. */
  readonly answer: Answer;
  readonly status: 200 | 201 | 204;
  /** Of what checks something: whether the answer says that all is well. A terminal ends with 1 when it is not. */
  isSound?(answer: z.output<Answer>): boolean;
  readonly example: { readonly body?: unknown; readonly answer?: unknown };
}

/** The answer of what has nothing to say but that it is done. */
export const nothing = z.void();

interface Written<
  Parameters extends Shape,
  Query extends Shape,
  Body extends Shape,
  Answer extends z.ZodType,
> extends Pick<
  Endpoint,
  'id' | 'method' | 'path' | 'words' | 'summary' | 'description' | 'access'
> {
  readonly parameters?: Parameters;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  readonly status?: 201;
  isSound?(answer: z.output<Answer>): boolean;
  readonly example: Endpoint['example'];
}

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- no value at all
type None = Record<never, z.ZodType>;

export function endpoint<
  Answer extends z.ZodType,
  Parameters extends Shape = None,
  Query extends Shape = None,
  Body extends Shape = None,
>(written: Written<Parameters, Query, Body, Answer>): Endpoint<Parameters, Query, Body, Answer> {
  const { parameters, query, body, answer, status } = written;
  return {
    ...written,
    parameters: z.strictObject(parameters ?? ({} as Parameters)),
    query: z.strictObject(query ?? ({} as Query)),
    body: z.strictObject(body ?? ({} as Body)),
    status: status ?? ((answer as z.ZodType) === nothing ? 204 : 200),
  };
}

/** Whether asking it changes anything. */
export function changes({ method }: Endpoint): boolean {
  return method !== 'GET';
}

/** What a call of the endpoint brings, once it is read. */
export interface Asked<E extends Endpoint> {
  readonly parameters: z.output<E['parameters']>;
  readonly query: z.output<E['query']>;
  readonly body: z.output<E['body']>;
}

/** What is answered, before it is written: times are still dates, say. */
export type Answered<E extends Endpoint> = Told<z.output<E['answer']>>;

type Told<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Told<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Told<T[Name]> }
      : T;

/** Whether a value is a secret, which nobody writes down. */
export function isSecretField(type: z.ZodType | undefined): boolean {
  if (type instanceof z.ZodOptional) return isSecretField(type.unwrap() as z.ZodType);
  return type?.meta()?.format === 'password';
}
