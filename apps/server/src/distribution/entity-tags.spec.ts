import { digestOf } from '@slipway/oci';
import Fastify from 'fastify';
import { isCurrent } from './entity-tags.ts';

const DIGEST = digestOf('sha256', 'a'.repeat(64));

test.each([
  [`"${DIGEST}"`, true],
  [`W/"${DIGEST}"`, true],
  [DIGEST, true],
  [`"x", "${DIGEST}"`, true],
  ['*', true],
  [`"${DIGEST}x"`, false],
  ['"x"', false],
  ['', false],
  [undefined, false],
])('whether a client that sends If-None-Match: %s has the content: %j', async (header, current) => {
  const app = Fastify();
  app.get('/', (request) => ({ current: isCurrent({ request }, DIGEST) }));
  const headers = header === undefined ? {} : { 'if-none-match': header };

  expect((await app.inject({ url: '/', headers })).json()).toEqual({ current });

  await app.close();
});
