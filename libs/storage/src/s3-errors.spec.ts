import { StorageFullError, StorageUnavailableError } from './errors.ts';
import { onS3, unlessS3 } from './s3-errors.ts';

interface Facts {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode: number };
  readonly $response?: unknown;
}

function failure(name: string, facts: Facts = {}, kind: new () => Error = Error): Error {
  return Object.assign(new kind(), { name }, facts);
}
const answered = (httpStatusCode: number): Facts => ({
  $metadata: { httpStatusCode },
  $response: {},
});
const whatComesOf = async (error: Error): Promise<unknown> =>
  onS3('look', () => Promise.reject(error)).catch((thrown: unknown) => thrown);

it.each([
  ['no listener', failure('Error', { code: 'ECONNREFUSED' })],
  ['a server that fails', failure('InternalError', answered(500))],
  ['wrong credentials', failure('SignatureDoesNotMatch', answered(403))],
  ['a missing bucket', failure('NoSuchBucket', answered(404))],
  ['a 404 whose body broke off', failure('NotFound', answered(404))],
  ['a 400 whose body broke off', failure('UnknownError', answered(400))],
  ['an answer that cannot be read', failure('TypeError', { $response: {} }, TypeError)],
])('%s may be better later', async (_, error) => {
  const thrown = await whatComesOf(error);
  expect(thrown).toBeInstanceOf(StorageUnavailableError);
  expect((thrown as Error).message).toMatch(/^cannot look: /);
  expect((thrown as Error).cause).toBe(error);
});

it.each([
  ['a request that the server does not understand', failure('InvalidArgument', answered(400))],
  ['a fault in our own code', failure('TypeError', {}, TypeError)],
])('%s is a mistake, and stays what it is', async (_, error) => {
  expect(await whatComesOf(error)).toBe(error);
});

it('a server without room is full', async () => {
  expect(await whatComesOf(failure('QuotaExceeded', answered(403)))).toBeInstanceOf(
    StorageFullError,
  );
});

it('what is expected is no error', async () => {
  const missing = async (): Promise<string> => Promise.reject(failure('NoSuchKey', answered(404)));
  expect(await unlessS3(['NoSuchKey'], 'look', missing)).toBeUndefined();
});
