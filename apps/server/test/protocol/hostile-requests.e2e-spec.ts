import { setTimeout as sleep } from 'node:timers/promises';
import {
  digestOf,
  imageManifest,
  missing,
  ociConfig,
  ociIndex,
  ociLayer,
  ociManifest,
  someBytes,
} from './content.ts';
import { refusal } from './exchange.ts';
import { rawConnection, sendRaw, type RawConnection } from './raw-connection.ts';
import { aRepository, basic, suiteServer } from './suite-server.ts';

const server = suiteServer();
const { ask } = server;

const authorization = () =>
  `Authorization: ${basic(server.slipway.username, server.slipway.password)}\r\n`;

const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** The codes of the last answer, which must be a refusal. */
const codesIn = (text: string): string[] => {
  const body = text.slice(text.lastIndexOf('\r\n\r\n') + 4);
  return (JSON.parse(body) as { errors: { code: string }[] }).errors.map(({ code }) => code);
};

const raw = (text: string): Promise<string> => sendRaw(server.slipway.port, text);

describe('a path that climbs', () => {
  it.each([
    '/v2/../../../etc/passwd',
    '/v2/../../../etc/passwd/manifests/latest',
    '/v2/a/../../../../etc/passwd/tags/list',
    '/v2/%2e%2e/%2e%2e/etc/manifests/passwd',
    '/v2/%2e%2e%2f%2e%2e%2fetc%2fpasswd/manifests/latest',
    '/v2/%252e%252e%252fetc/manifests/latest',
    '/v2/a/blobs/../../../../etc/passwd',
    '/v2/a/blobs/..%2f..%2f..%2fetc%2fpasswd',
    '/v2/a/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd',
    `/v2/a/blobs/sha256:${'%2e%2e%2f'.repeat(21)}x`,
    '/v2/a/blobs/sha256%3A%00',
    '/v2/a/blobs/uploads/..%2f..%2fx',
    '/v2/a/blobs/uploads/%00',
    '/v2/a/manifests/..',
    '/v2/a/manifests/..%5c..%5cwindows',
    '/v2/..\\..\\etc/tags/list',
    '/v2/a/referrers/..%2f',
    '/v2/.git/config',
    '/v2/a;b/tags/list',
    '/../v2/a/tags/list',
    '//etc/passwd',
  ])('is refused: %s', async (path) => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const text = await raw(
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${authorization()}\r\n`,
      );
      const [status = 0] = statusesIn(text);
      expect([400, 404, 405]).toContain(status);
      expect(text).not.toContain('root:');
      if (path.startsWith('/v2/')) expect(codesIn(text)).toHaveLength(1);
    }
  });
});

describe('what is hardly HTTP', () => {
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version that is none', 'GET /v2/ HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['no path', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a space in the path', 'GET /v2/a b/tags/list HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header without a name', 'GET /v2/ HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n'],
    ['a NUL in a header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
    ['no host', 'GET /v2/ HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['a length that is none', 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n'],
    ['a negative length', 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    [
      'two lengths',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    [
      'a length and chunks',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'chunks that are not the last encoding',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
    ],
  ])('is refused in JSON: %s', async (_, text) => {
    const answer = await raw(text);
    expect(statusesIn(answer)).toEqual([400]);
    expect(codesIn(answer)).toEqual(['UNSUPPORTED']);
  });

  it.each([
    ['header', `X: ${'x'.repeat(100_000)}`],
    ['many headers', Array.from({ length: 5000 }, (_, n) => `X-${n}: y`).join('\r\n')],
  ])('is refused when it is too long: %s', async (_, headers) => {
    const answer = await raw(`GET /v2/ HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    expect(statusesIn(answer)).toEqual([431]);
    expect(codesIn(answer)).toHaveLength(1);
  });

  it('is refused when its path is too long', async () => {
    const answer = await raw(`GET /v2/${'a/'.repeat(50_000)}tags/list HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(statusesIn(answer)).toEqual([431]);
  });

  it('ends the connection of the request that it follows', async () => {
    const answer = await raw(
      `GET /v2/ HTTP/1.1\r\nHost: x\r\n${authorization()}\r\n\0\0 garbage \r\n\r\n`,
    );
    expect(statusesIn(answer).at(-1)).toBe(400);
  });

  it('several requests sent ahead are answered in order', async () => {
    const ping = `GET /v2/ HTTP/1.1\r\nHost: x\r\n${authorization()}\r\n`;
    const last = 'GET /v2/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(statusesIn(await raw(ping + ping + ping + last))).toEqual([200, 200, 200, 404]);
  });

  it('HTTP/1.0 is answered and the connection closed', async () => {
    const answer = await raw(`GET /v2/ HTTP/1.0\r\n${authorization()}\r\n`);
    expect(statusesIn(answer)).toEqual([200]);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  it('a path with the host in front of it, as proxies are asked, means the same', async () => {
    const repository = aRepository();
    await server.pushImage(repository);
    for (const path of ['/v2/', `/v2/${repository}/tags/list`]) {
      const answer = await raw(
        `GET http://registry.test${path} HTTP/1.1\r\nHost: registry.test\r\n` +
          `Connection: close\r\n${authorization()}\r\n`,
      );
      expect(statusesIn(answer)).toEqual([200]);
    }
  });
});

describe('headers that come twice', () => {
  it('two Content-Ranges are refused', async () => {
    const upload = await server.startUpload(aRepository());
    const headers = { 'content-range': ['0-9', '10-19'] };
    const answer = await ask('PATCH', upload, { headers, body: someBytes(10) });
    expect(refusal(answer)).toEqual([400, 'SIZE_INVALID']);
  });

  it('of two credentials one that is wrong is not saved by one that is right', async () => {
    const right = basic(server.slipway.username, server.slipway.password);
    const headers = { authorization: [basic('nobody', 'wrong'), right] };
    expect((await server.askAsNobody('GET', '/v2/', { headers })).status).toBe(401);
  });

  it('two If-Matches are refused', async () => {
    const headers = { 'if-match': [`"${digestOf('a')}"`, `"${digestOf('b')}"`] };
    const path = `/v2/${aRepository()}/manifests/latest`;
    const answer = await ask('PUT', path, { headers, body: '{}' });
    expect(refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
  });

  it('two Ranges are two ranges of which neither is understood', async () => {
    const repository = aRepository();
    const { digest } = await server.pushBlob(repository);
    const headers = { range: ['bytes=0-1', 'bytes=2-3'] };
    expect((await ask('GET', `/v2/${repository}/blobs/${digest}`, { headers })).status).toBe(200);
  });
});

describe('a body that is not what was announced', () => {
  const patch = async (framing: string, body: string) => {
    const upload = await server.startUpload(aRepository());
    const head = `PATCH ${upload} HTTP/1.1\r\nHost: x\r\n${authorization()}${framing}\r\n\r\n`;
    return { upload, answer: await raw(head + body) };
  };

  it('what comes behind its length is another request, and none', async () => {
    const { upload, answer } = await patch('Content-Length: 5', 'helloworld\r\n\r\n');
    expect(statusesIn(answer).at(-1)).toBe(400);
    // Whether the first request was stored before the second ended the connection is a matter of luck.
    expect(['0-0', '0-4']).toContain((await ask('GET', upload)).headers.range);
  });

  it.each([
    ['a length that is none', 'x\r\nhello\r\n0\r\n\r\n'],
    ['a length beyond all numbers', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
    ['a length that is too short', '3\r\nhello\r\n0\r\n\r\n'],
  ])('a chunk with %s is refused', async (_, body) => {
    const { answer } = await patch('Transfer-Encoding: chunked', body);
    expect(statusesIn(answer)).toEqual([400]);
  });

  it('a manifest that stops early is not stored', async () => {
    const repository = aRepository();
    const connection = await rawConnection(server.slipway.port);
    connection.send(
      `PUT /v2/${repository}/manifests/latest HTTP/1.1\r\nHost: x\r\n${authorization()}` +
        `Content-Type: ${ociIndex}\r\nContent-Length: 1000\r\n\r\n{"schemaVersion":2,"manifests":[]}`,
    );
    await sleep(50);
    connection.breakOff();
    const answer = await ask('GET', `/v2/${repository}/manifests/latest`);
    expect(refusal(answer)).toEqual([404, 'NAME_UNKNOWN']);
  });

  it('a length that no number holds is refused before a byte', async () => {
    const path = `/v2/${aRepository()}/manifests/latest`;
    const answer = await raw(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\n${authorization()}Content-Length: 99999999999999999\r\n\r\n`,
    );
    expect([400, 413]).toContain(statusesIn(answer)[0]);
    expect(codesIn(answer)).toEqual(['SIZE_INVALID']);
  });
});

describe('a manifest that readers would disagree about', () => {
  const config = missing(ociConfig);
  const layer = missing(ociLayer);
  const text = (bytes: Buffer) => bytes.toString();
  const image = text(imageManifest({ config, layers: [layer] }));

  it.each([
    ['a key twice', image.replace('"layers"', '"layers":[],"layers"')],
    ['a key in two cases', image.replace('"layers"', '"Layers":[],"layers"')],
    ['a key in another case', image.replace('"layers"', '"LAYERS"')],
    ['layers and manifests', image.replace('"layers"', '"manifests":[],"layers"')],
    [
      'a config and manifests',
      `{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[],"config":{}}`,
    ],
    ['too much depth', `${'['.repeat(1000)}${']'.repeat(1000)}`],
    ['a million levels', '{"a":'.repeat(1_000_000)],
    ['something behind its end', `${image}x`],
    ['a second document', image + image],
    ['a byte order mark', `\ufeff${image}`],
    ['another schema version', image.replace(':2,', ':3,')],
    ['another media type than it is pushed as', image.replace(ociManifest, ociIndex)],
    ['a media type that is no manifest', image.replace(ociManifest, 'text/plain')],
    ['a digest that climbs', image.replace(layer.digest, '../../../etc/passwd')],
    ['a digest that is no text', image.replace(`"${layer.digest}"`, '1')],
    ['a negative size', image.replace('"size":100', '"size":-1')],
    ['a size beyond all numbers', image.replace('"size":100', '"size":1e400')],
    ['a size that is no number', image.replace('"size":100', '"size":"100"')],
    ['layers that are no list', image.replace(/"layers":\[.*?\]/, '"layers":{}')],
    ['no config', '{"schemaVersion":2,"layers":[]}'],
    ['a prototype', image.replace('"layers"', '"__proto__":{"layers":[]},"Layers"')],
    ['nothing', ''],
    ['null', 'null'],
  ])('is refused for %s', async (_, body) => {
    const headers = { 'content-type': ociManifest };
    const answer = await ask('PUT', `/v2/${aRepository()}/manifests/latest`, { headers, body });
    expect(refusal(answer)).toEqual([400, 'MANIFEST_INVALID']);
  });

  it('is refused for bytes that are not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')]);
    const answer = await ask('PUT', `/v2/${aRepository()}/manifests/latest`, { body });
    expect(refusal(answer)).toEqual([400, 'MANIFEST_INVALID']);
  });
});

describe('a query that nobody writes', () => {
  it.each([
    'n=1&n=2',
    'n[]=1',
    'n[a]=1',
    '__proto__=1&constructor=2',
    'last[]=x',
    '%ZZ=%ZZ',
    '=&=&&&',
    `last=${'x'.repeat(8000)}`,
    'last=%ED%A0%80',
    'n=1#fragment',
  ])('is answered and no fault: ?%s', async (query) => {
    const repository = aRepository();
    await server.pushBlob(repository);
    const answer = await ask('GET', `/v2/${repository}/tags/list?${query}`);
    expect([200, 400]).toContain(answer.status);
  });

  it('with a NUL, which no database takes, is refused', async () => {
    const repository = aRepository();
    await server.pushBlob(repository);
    const subject = digestOf('x');
    for (const path of [
      `tags/list?last=%00`,
      `referrers/${subject}?artifactType=%00`,
      `referrers/${subject}?last=%00`,
    ]) {
      expect(refusal(await ask('GET', `/v2/${repository}/${path}`))).toEqual([400, 'UNSUPPORTED']);
    }
    const mount = await ask('POST', `/v2/${repository}/blobs/uploads/?mount=${subject}&from=%00`);
    expect([202, 400]).toContain(mount.status);
  });
});

describe('the token endpoint', () => {
  it.each([
    ['JSON that is none', { headers: { 'content-type': 'application/json' }, body: '{' }],
    ['a list', { headers: { 'content-type': 'application/json' }, body: '[]' }],
    ['a number', { headers: { 'content-type': 'application/json' }, body: '1' }],
    ['another type', { headers: { 'content-type': 'text/xml' }, body: '<a/>' }],
    ['a type that is none', { headers: { 'content-type': 'nonsense' }, body: 'a=b' }],
    [
      'a form that is too large',
      {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'x'.repeat(2_000_000),
      },
    ],
    [
      'objects for values',
      {
        headers: { 'content-type': 'application/json' },
        body: '{"grant_type":{"a":1},"username":["x"],"password":null}',
      },
    ],
  ])('refuses %s', async (_, question) => {
    const answer = await server.askAsNobody('POST', '/token', question);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it.each([
    ['with a NUL', '%00'],
    ['that is very long', 'a'.repeat(15_000)],
    ['with others of another form', 'repository:a:pull&scope[]=x'],
    ['that is badly encoded', '%ZZ'],
  ])('answers a scope %s', async (_, scope) => {
    const answer = await ask('GET', `/token?scope=${scope}`);
    expect([200, 400]).toContain(answer.status);
  });
});

describe('very many connections', () => {
  it('that say nothing, or half of something, keep nobody from being answered', async () => {
    const connections: RawConnection[] = [];
    for (let n = 0; n < 500; n++) {
      const connection = await rawConnection(server.slipway.port);
      if (n % 2 === 0) connection.send('GET /v2/ HTTP/1.1\r\nHos');
      connections.push(connection);
    }
    const begun = Date.now();
    expect((await ask('GET', '/v2/')).status).toBe(200);
    expect(Date.now() - begun).toBeLessThan(2000);
    for (const connection of connections) connection.breakOff();
  });
});
