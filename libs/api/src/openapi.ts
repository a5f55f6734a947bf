import { z } from 'zod';
import { accessInWords } from './access.ts';
import { changes, type Endpoint, nothing } from './endpoint.ts';
import { problem } from './problem.ts';

type Json = Record<string, unknown>;

/** Where the endpoints stand. */
export const BASE = '/api/v1';

/** The endpoints as an OpenAPI 3.1 document. */
export function openApi(endpoints: readonly Endpoint[], version: string): Json {
  const schemas: Json = {};
  const schemaOf = (type: z.ZodType): Json => collected(jsonSchema(type), schemas);
  schemaOf(problem);
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint, schemaOf);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version,
      description:
        "The registry's management API. A list comes in pages: `next`, when there is more, is the `after` of the page behind. Every refusal is a problem (RFC 9457) whose `reason` is stable. What somebody may not know of is answered as what does not exist.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: BASE }],
    security: [{ password: [] }, { accessToken: [] }],
    tags: [...new Set(endpoints.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      responses: Object.fromEntries(
        PROBLEMS.map(([name, description]) => [name, refused(description)]),
      ),
      securitySchemes: {
        password: {
          type: 'http',
          scheme: 'basic',
          description: "A username and its password, or an access token in the password's place.",
        },
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token, `slipway_…`. Registry tokens are not taken here.',
        },
      },
    },
  };
}

const PROBLEMS = [
  ['Invalid', 'Parameters, query or body are not right; `faults` names all that is wrong.'],
  ['Unauthenticated', 'Nobody has signed in, or the credentials are wrong.'],
  ['Denied', 'They may know of it, and may not do that.'],
  ['Unknown', 'There is no such thing, or they may not know of it.'],
  ['Conflict', 'It cannot be done as things are.'],
  ['Failed', 'Anything else.'],
] as const;

function operation(endpoint: Endpoint, schemaOf: (type: z.ZodType) => Json): Json {
  const { access, answer, example, status } = endpoint;
  return {
    operationId: endpoint.id,
    tags: [tagOf(endpoint)],
    summary: endpoint.summary,
    description: [endpoint.description, `For: ${accessInWords(access)}`]
      .filter(Boolean)
      .join('\n\n'),
    ...(access.of === 'anybody' && { security: [{}, { password: [] }, { accessToken: [] }] }),
    parameters: [
      ...parametersIn('path', endpoint.parameters, schemaOf),
      ...parametersIn('query', endpoint.query, schemaOf),
    ],
    ...bodyOf(endpoint, schemaOf),
    responses: {
      [status]: {
        description: answer === nothing ? 'It is done.' : 'The answer.',
        ...(answer !== nothing && {
          content: { 'application/json': { schema: schemaOf(answer), example: example.answer } },
        }),
      },
      400: { $ref: '#/components/responses/Invalid' },
      ...(access.of !== 'anybody' && {
        401: { $ref: '#/components/responses/Unauthenticated' },
        403: { $ref: '#/components/responses/Denied' },
      }),
      404: { $ref: '#/components/responses/Unknown' },
      ...(changes(endpoint) && { 409: { $ref: '#/components/responses/Conflict' } }),
      default: { $ref: '#/components/responses/Failed' },
    },
    'x-access': access,
    'x-words': endpoint.words,
  };
}

function bodyOf({ body, example }: Endpoint, schemaOf: (type: z.ZodType) => Json): Json {
  if (Object.keys(body.shape).length === 0) return {};
  const content = { 'application/json': { schema: schemaOf(body), example: example.body } };
  return { requestBody: { required: Object.keys(body.shape).some(isRequiredIn(body)), content } };
}

function parametersIn(
  where: 'path' | 'query',
  type: Endpoint['parameters'],
  schemaOf: (type: z.ZodType) => Json,
): readonly Json[] {
  return Object.entries(type.shape).map(([name, each]) => ({
    name,
    in: where,
    required: where === 'path' || isRequiredIn(type)(name),
    ...(each.description !== undefined && { description: each.description }),
    schema: schemaOf(each),
  }));
}

/** Whether a value must be given: an absent one is none of the type's. */
export function isRequiredIn({ shape }: Endpoint['body']): (name: string) => boolean {
  return (name) => shape[name]?.safeParse(undefined).success === false;
}

/** What a value must be as a client sends it. */
export function jsonSchema(type: z.ZodType): Json {
  return z.toJSONSchema(type, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: schema }) => {
      // Zod's pattern for it says no more than the format, in 300 characters.
      if (schema.format === 'date-time' || schema.format === 'email') delete schema.pattern;
    },
  });
}

/** Moves the definitions of a schema to the document's. */
function collected({ $schema: _, $defs, ...schema }: Json, schemas: Json): Json {
  for (const [name, definition] of Object.entries(($defs ?? {}) as Json)) {
    schemas[name] = pointed(definition);
  }
  return pointed(schema) as Json;
}

function pointed(schema: unknown): unknown {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as unknown;
}

function refused(description: string): Json {
  const schema = { $ref: '#/components/schemas/Problem' };
  return { description, content: { 'application/problem+json': { schema } } };
}

function tagOf({ id }: Endpoint): string {
  return id.split('.')[0] ?? id;
}
