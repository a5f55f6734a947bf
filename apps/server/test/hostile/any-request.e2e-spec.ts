import fc from 'fast-check';
import { ociError } from '../resilience/wire.ts';
import { authorizationOf } from '../resilience/wire.ts';
import { hostileSuite, limit } from './hostile-suite.ts';
import { say } from './raw.ts';

/** What stands where a name, a digest, a tag or a number should, and often is none. */
const word = fc.oneof(
  fc.constantFrom(
    'a',
    'library/alpine',
    'latest',
    'manifests',
    'blobs',
    'uploads',
    'tags',
    '..',
    '',
  ),
  fc.constantFrom(
    `sha256:${'a'.repeat(64)}`,
    `sha512:${'b'.repeat(128)}`,
    'sha256:',
    '-1',
    '0',
    '10',
  ),
  fc.constantFrom('%00', '%2e%2e%2f', '%ZZ', '%', '%ff', '\\', ';', '+', '"', '*', '::'),
  fc.constantFrom('00000000-0000-4000-8000-000000000000', '%F0%9F%98%80', 'a'.repeat(300)),
  fc.string({ maxLength: 20 }).map(encodeURIComponentSafely),
);

const path = fc.oneof(
  fc
    .tuple(
      word,
      fc.constantFrom('manifests', 'blobs', 'blobs/uploads', 'tags/list', 'referrers', 'nothing'),
      word,
    )
    .map(([name, endpoint, rest]) => `/v2/${name}/${endpoint}/${rest}`),
  fc.array(word, { maxLength: 6 }).map((words) => `/v2/${words.join('/')}`),
);

const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'digest',
        'mount',
        'from',
        'n',
        'last',
        'artifactType',
        'tag',
        'digest-algorithm',
        'x',
      ),
      word,
    ),
    { maxLength: 3 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`));

const headers = fc.array(
  fc
    .tuple(
      fc.constantFrom(
        ...['Accept', 'Accept-Encoding', 'Content-Type', 'Content-Range', 'Range', 'If-Match'],
        ...['If-None-Match', 'If-Range', 'Expect', 'Cookie', 'X-Forwarded-Proto', 'Upgrade'],
      ),
      fc.oneof(
        word,
        fc.constantFrom('bytes=0-1', '0-4', 'bytes 0-4/*', '*', '"sha256:x"', '100-continue'),
        fc.constantFrom('application/json', 'application/vnd.oci.image.index.v1+json', 'q;q=9'),
      ),
    )
    .map((pair) => pair.join(': ')),
  { maxLength: 4 },
);

const body = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 200, unit: 'binary' }),
  fc.json({ maxDepth: 4 }),
  fc
    .record(
      {
        schemaVersion: fc.constantFrom(1, 2, '2', null),
        mediaType: fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'x', 2, '\0'),
        config: fc.anything({ maxDepth: 2 }),
        layers: fc.anything({ maxDepth: 2 }),
        manifests: fc.anything({ maxDepth: 2 }),
        subject: fc.anything({ maxDepth: 2 }),
        annotations: fc.anything({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    )
    .map((document) => JSON.stringify(document)),
);

const request = fc.record({
  method: fc.constantFrom(
    ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'],
  ),
  path,
  query,
  headers,
  body,
  chunked: fc.boolean(),
  anonymous: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

describe('any request', () => {
  const server = hostileSuite();

  it(
    'under /v2 is answered, never with a fault of the server, and refused in the one form',
    async () => {
      const runs = Number(process.env.SLIPWAY_TEST_REQUESTS ?? 600);
      await fc.assert(
        fc.asyncProperty(request, async (asked) => {
          const answer = await say(server, textOf(asked));
          if (answer === undefined) throw new Error('there was no answer');
          expect(answer.status).toBeGreaterThanOrEqual(200);
          expect(answer.status).toBeLessThan(500);
          if (answer.status < 400) return;
          if (asked.method === 'HEAD') expect(answer.body).toHaveLength(0);
          else expect(ociError(answer).message).not.toBe('');
        }),
        { numRuns: runs },
      );
    },
    limit,
  );

  function textOf({ method, path, query, headers, body, chunked, anonymous }: Asked): Buffer {
    const bytes = Buffer.from(body);
    const framed = chunked ? ['Transfer-Encoding: chunked'] : [`Content-Length: ${bytes.length}`];
    const lines = [
      `${method} ${path}${query} HTTP/1.1`,
      `Host: ${server.host}`,
      ...(anonymous ? [] : [`Authorization: ${authorizationOf(server)}`]),
      ...headers,
      ...framed,
    ];
    const last = chunked ? '0\r\n\r\n' : '';
    const chunk = chunked && bytes.length > 0 ? `${bytes.length.toString(16)}\r\n` : '';
    return Buffer.concat([
      Buffer.from(`${lines.join('\r\n')}\r\n\r\n${chunk}`),
      bytes,
      Buffer.from(`${chunk === '' ? '' : '\r\n'}${last}`),
    ]);
  }
});

type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** Half a surrogate pair has no encoding. */
function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
