import { MetadataUnavailableError } from '@slipway/metadata';
import type { ErrorBody } from '@slipway/oci';
import { type Reason, RegistryError } from '@slipway/registry';
import { StorageFullError, StorageUnavailableError } from '@slipway/storage';
import Fastify from 'fastify';
import { pino } from 'pino';
import { answerError, malformedBody } from './errors.ts';

/** Status and code on this wire, as spec.md#error-codes and what clients do with them would have it. */
const ANSWERS: Record<Reason, readonly [number, string]> = {
  'account-unknown': [404, 'NAME_UNKNOWN'],
  'blob-in-use': [409, 'DENIED'],
  'blob-unknown': [404, 'BLOB_UNKNOWN'],
  'body-timeout': [408, 'BLOB_UPLOAD_INVALID'],
  conflict: [409, 'DENIED'],
  denied: [403, 'DENIED'],
  'digest-invalid': [400, 'DIGEST_INVALID'],
  'digest-mismatch': [400, 'DIGEST_INVALID'],
  'endpoint-unknown': [404, 'UNSUPPORTED'],
  'file-refused': [422, 'UNSUPPORTED'],
  'file-unknown': [404, 'BLOB_UNKNOWN'],
  'files-not-indexed': [409, 'DENIED'],
  'grant-unknown': [404, 'NAME_UNKNOWN'],
  'history-unknown': [404, 'MANIFEST_UNKNOWN'],
  'key-unknown': [404, 'NAME_UNKNOWN'],
  'last-administrator': [409, 'DENIED'],
  'last-owner': [409, 'DENIED'],
  'identity-provider-unavailable': [503, 'UNAVAILABLE'],
  'length-invalid': [400, 'SIZE_INVALID'],
  'link-unknown': [404, 'NAME_UNKNOWN'],
  'manifest-in-use': [409, 'DENIED'],
  'manifest-invalid': [400, 'MANIFEST_INVALID'],
  'manifest-references-unknown': [400, 'MANIFEST_BLOB_UNKNOWN'],
  'manifest-too-large': [413, 'SIZE_INVALID'],
  'manifest-unknown': [404, 'MANIFEST_UNKNOWN'],
  'metadata-unavailable': [503, 'UNAVAILABLE'],
  'name-invalid': [400, 'NAME_INVALID'],
  'name-taken': [409, 'DENIED'],
  'namespace-in-use': [409, 'DENIED'],
  'namespace-unknown': [404, 'NAME_UNKNOWN'],
  'password-refused': [400, 'DENIED'],
  'quota-exceeded': [403, 'DENIED'],
  'range-invalid': [400, 'SIZE_INVALID'],
  'range-not-next': [416, 'BLOB_UPLOAD_INVALID'],
  'range-unsatisfiable': [416, 'SIZE_INVALID'],
  'repository-unknown': [404, 'NAME_UNKNOWN'],
  'request-invalid': [400, 'UNSUPPORTED'],
  'robot-unknown': [404, 'NAME_UNKNOWN'],
  'session-unknown': [404, 'UNSUPPORTED'],
  'size-mismatch': [400, 'SIZE_INVALID'],
  'storage-full': [507, 'DENIED'],
  'storage-unavailable': [503, 'UNAVAILABLE'],
  'tag-invalid': [400, 'MANIFEST_INVALID'],
  'tag-immutable': [409, 'DENIED'],
  'tag-moved': [412, 'DENIED'],
  'team-unknown': [404, 'NAME_UNKNOWN'],
  'token-unknown': [404, 'NAME_UNKNOWN'],
  'trash-unknown': [404, 'NAME_UNKNOWN'],
  'trust-unknown': [404, 'NAME_UNKNOWN'],
  'too-many-requests': [429, 'TOOMANYREQUESTS'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  unsupported: [405, 'UNSUPPORTED'],
  'upload-busy': [409, 'BLOB_UPLOAD_INVALID'],
  'upload-interrupted': [400, 'BLOB_UPLOAD_INVALID'],
  'upload-unknown': [404, 'BLOB_UPLOAD_UNKNOWN'],
  'webhook-unknown': [404, 'NAME_UNKNOWN'],
};

/** The answer to a request whose endpoint throws, and what was logged. */
async function answerTo(error: unknown) {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const app = Fastify();
  app.setErrorHandler((thrown, request, reply) => answerError(log, thrown, request, reply));
  app.get('/', () => Promise.reject(error as Error));
  const response = await app.inject('/');
  await app.close();
  return { response, body: response.json<ErrorBody>(), log: lines.join('') };
}

test.each(Object.entries(ANSWERS))('%s is answered with %j', async (reason, [status, code]) => {
  const error = new RegistryError(reason as Reason, 'a message', { some: 'detail' });
  const { response, body } = await answerTo(error);

  expect(response.statusCode).toBe(status);
  expect(response.headers['content-type']).toMatch(/^application\/json/);
  expect(body).toEqual({ errors: [{ code, message: 'a message', detail: { some: 'detail' } }] });
});

test('a list of details is a list of errors, one for each digest that is missing', async () => {
  const details = [{ digest: 'a' }, { digest: 'b' }];
  const { body } = await answerTo(
    new RegistryError('manifest-references-unknown', 'missing', details),
  );

  expect(body.errors).toEqual(
    details.map((detail) => ({ code: 'MANIFEST_BLOB_UNKNOWN', message: 'missing', detail })),
  );
});

test('an error without a detail has none', async () => {
  const { body } = await answerTo(new RegistryError('denied', 'no'));

  expect(body).toEqual({ errors: [{ code: 'DENIED', message: 'no' }] });
});

test.each([
  [new StorageFullError('/data/blobs: no space left'), 507, "the registry's storage is full"],
  [new StorageUnavailableError('/data: EIO'), 503, "the registry's storage does not answer"],
  [new MetadataUnavailableError('10.0.0.7'), 503, "the registry's database does not answer"],
])(
  '%s is answered with %i, and its own text goes to the log alone',
  async (error, status, text) => {
    const { response, body, log } = await answerTo(error);

    expect(response.statusCode).toBe(status);
    expect(body.errors[0]?.message).toBe(text);
    expect(response.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
    expect(log).toContain(error.message);
  },
);

test('a bug is answered with 500 and the number of the request, and logged with its stack', async () => {
  const { response, body, log } = await answerTo(new TypeError('secret is not a function'));

  expect(response.statusCode).toBe(500);
  expect(body.errors[0]?.code).toBe('UNKNOWN');
  expect(response.body).not.toContain('secret');
  expect(log).toContain('secret is not a function');
  expect(log).toContain('errors.spec.ts');
  const { id } = JSON.parse(log) as { readonly id: string };
  expect(body.errors[0]?.message).toContain(id);
});

test('a refusal of the client is not an error in the log', async () => {
  expect((await answerTo(new RegistryError('manifest-unknown', 'none'))).log).toBe('');
});

test('what Fastify refuses is answered in the same form, cut to a size that is fit to read', async () => {
  const refused = Object.assign(new Error('x'.repeat(10_000)), { statusCode: 415 });
  const { response, body } = await answerTo(refused);

  expect(response.statusCode).toBe(400);
  expect(body.errors[0]?.code).toBe('UNSUPPORTED');
  expect(response.body.length).toBeLessThan(400);
});

test('what is not HTTP has the same form', () => {
  expect(JSON.parse(malformedBody('the request is not HTTP'))).toEqual({
    errors: [{ code: 'UNSUPPORTED', message: 'the request is not HTTP' }],
  });
});
