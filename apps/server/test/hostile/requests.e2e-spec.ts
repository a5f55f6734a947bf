import { createHash } from 'node:crypto';
import { hostileSuite, ask, refusal } from './hostile-suite.ts';
import { connect, say } from './raw.ts';
import { authorizationOf, ociError, send } from '../resilience/wire.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const session = '00000000-0000-0000-0000-000000000000';

describe('a hostile request', () => {
  const server = hostileSuite();

  it.each([
    ['upper-case letters', 'ABC'],
    ['a NUL character', 'a%00b'],
    ['an encoded way up', '..%2f..%2f..%2fetc%2fpasswd'],
    ['a twice encoded way up', '%252e%252e%252fetc'],
    ['a way up between components', 'a/../../etc'],
    ['an encoded way up between components', 'a/%2e%2e/%2e%2e/etc'],
    ['a way up with backslashes', '..%5c..%5cetc'],
    ['an empty component', 'a//b'],
    ['a slash before it', '/a'],
    ['no character at all', ''],
    ['an encoded line break', 'a%0d%0aX-Injected:%20b'],
    ['a space', 'a%20b'],
    ['letters beyond ASCII', 'caf%C3%A9'],
    ['a right-to-left override', 'a%E2%80%AEb'],
    ['a separator at the end', 'a-'],
    ['three underscores', 'a___b'],
    ['256 characters', 'a'.repeat(256)],
    ['15 000 characters', 'a'.repeat(15_000)],
    ['a query in its middle', 'a;b'],
  ])('for a repository whose name has %s is refused, with the form of a name', async (_, name) => {
    const answer = refusal(await ask(server, 'GET', `/v2/${name}/tags/list`));
    expect(answer).toMatch(
      /^400 NAME_INVALID ".*" is not the name of a repository: components of/s,
    );
    expect(answer.length).toBeLessThan(600);
  });

  it.each([
    ['/v2/%ZZ/tags/list'],
    ['/v2/a/manifests/%'],
    ['/v2/a%/tags/list'],
    ['/v2/%C3%28/tags/list'],
    ['/v2/a/blobs/%E0%A4%A'],
    [`/v2/${'%ZZ'.repeat(4000)}`],
    ['/%ZZ'],
  ])('with broken percent-encoding (%.30s) is refused', async (target) => {
    expect(refusal(await ask(server, 'GET', target))).toMatch(
      /^400 UNSUPPORTED '.*'? ?.*(?:is not a valid url component|…)$/s,
    );
  });

  it.each(['/v2/../../etc/passwd', '/v2/%2e%2e/%2e%2e/etc/passwd', '/v2/..%2f..%2fetc%2fpasswd'])(
    'for %s finds no endpoint',
    async (target) => {
      expect(refusal(await ask(server, 'GET', target))).toMatch(
        /^404 UNSUPPORTED GET .* is no endpoint/,
      );
    },
  );

  it.each([
    'sha256:',
    'sha256:zz',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(65)}`,
    `sha512:${'a'.repeat(64)}`,
    `md5:${'a'.repeat(32)}`,
    `sha256:${'a'.repeat(63)}%00`,
    `sha256:..%2f..%2f${'a'.repeat(57)}`,
    `sha256:sha256:${'a'.repeat(64)}`,
    `sha256+b64:${'a'.repeat(64)}`,
    '%20',
    'a'.repeat(10_000),
  ])('for a blob by the digest %.40s is refused, with the form of a digest', async (text) => {
    for (const method of ['GET', 'DELETE']) {
      expect(refusal(await ask(server, method, `/v2/a/blobs/${text}`))).toMatch(
        /^400 DIGEST_INVALID ".*" is not a digest: sha256: and 64, or sha512: and 128, lower-case/s,
      );
    }
    const head = await ask(server, 'HEAD', `/v2/a/blobs/${text}`);
    expect({ status: head.status, body: head.body.length }).toEqual({ status: 400, body: 0 });
  });

  it.each(['', 'sha256:zz', '%00', digest.toUpperCase()])(
    'to finish an upload as %j is refused before a byte is read',
    async (text) => {
      const answer = await ask(server, 'PUT', `/v2/a/blobs/uploads/${session}?digest=${text}`);
      expect(refusal(answer)).toMatch(
        /^400 (?:DIGEST_INVALID .* is not a digest|UNSUPPORTED .* NUL)/,
      );
    },
  );

  it.each([
    ['-x', 'MANIFEST_INVALID'],
    ['.x', 'MANIFEST_INVALID'],
    ['t'.repeat(129), 'MANIFEST_INVALID'],
    ['a%00', 'MANIFEST_INVALID'],
    ['a%0ab', 'MANIFEST_INVALID'],
    ['a b'.replace(' ', '%20'), 'MANIFEST_INVALID'],
    ['..%2f..', 'MANIFEST_INVALID'],
    ['%E2%80%AE', 'MANIFEST_INVALID'],
    ['sha256:zz', 'DIGEST_INVALID'],
    ['latest:latest', 'DIGEST_INVALID'],
  ])(
    'for a manifest by the reference %.30s is refused, with the form of one',
    async (reference, code) => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = refusal(await ask(server, method, `/v2/a/manifests/${reference}`));
        expect(answer).toMatch(new RegExp(`^400 ${code} ".*" is not a (?:tag|digest): `, 's'));
      }
    },
  );

  it.each([
    '%2e%2e%2fx',
    'x',
    '%00',
    `${session}%00`,
    session.toUpperCase().replaceAll('0', 'A'),
    'a'.repeat(9000),
  ])('for the upload %.40s finds none', async (id) => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect(refusal(await ask(server, method, `/v2/a/blobs/uploads/${id}`))).toMatch(
        /^404 BLOB_UPLOAD_UNKNOWN /,
      );
    }
  });

  it.each([
    ['GET', '/v2/_catalog?last=%00'],
    ['GET', '/v2/_catalog?n=%00'],
    ['GET', '/v2/a/tags/list?last=a%00'],
    ['GET', '/v2/a/tags/list?n=%00'],
    ['GET', `/v2/a/referrers/${digest}?artifactType=%00`],
    ['GET', `/v2/a/referrers/${digest}?last=%00`],
    ['POST', '/v2/a/blobs/uploads/?mount=%00'],
    ['POST', `/v2/a/blobs/uploads/?mount=${digest}&from=%00`],
    ['POST', '/v2/a/blobs/uploads/?digest=%00'],
    ['POST', '/v2/a/blobs/uploads/?digest-algorithm=%00'],
    ['PUT', `/v2/a/blobs/uploads/${session}?digest=%00`],
    ['PUT', '/v2/a/manifests/latest?tag=%00'],
  ])('%s %s, whose parameter holds a NUL, is refused by its name', async (method, target) => {
    const name = [...new URL(target, 'http://x').searchParams].at(-1)?.[0] ?? '';
    expect(refusal(await ask(server, method, target))).toBe(
      `400 UNSUPPORTED the value of ${name} holds a NUL character`,
    );
  });

  it.each(['-1', '1e3', '0x10', '1.5', 'NaN', '%ZZ', '1%202', '٣'])(
    'for a page of n=%s names is refused',
    async (n) => {
      for (const path of ['/v2/_catalog', '/v2/a/tags/list']) {
        expect(
          refusal(await ask(server, 'GET', encodeURI(`${path}?n=${n}`).replaceAll('%25', '%'))),
        ).toMatch(/^400 UNSUPPORTED n=".*" is not a number of names$/);
      }
    },
  );

  it('for a page of more names than there are numbers is answered with what there is', async () => {
    const answer = await ask(server, 'GET', `/v2/_catalog?n=${'9'.repeat(400)}`);
    expect(answer.status).toBe(200);
  });

  it('whose parameters are named like parts of JavaScript is answered as if they were not there', async () => {
    const answer = await ask(server, 'GET', '/v2/_catalog?__proto__[a]=1&constructor=2&toString=3');
    expect(answer.status).toBe(200);
  });

  it.each([
    ['PUT', '/v2/a/tags/list', 'GET'],
    ['POST', '/v2/', 'GET, HEAD'],
    ['PROPFIND', '/v2/a/tags/list', 'GET'],
    ['TRACE', '/v2/', 'GET, HEAD'],
    ['OPTIONS', '/v2/_catalog', 'GET'],
    ['LOCK', '/v2/a/manifests/x', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', `/v2/a/blobs/${digest}`, 'GET, HEAD, DELETE'],
    ['POST', `/v2/a/blobs/uploads/${session}`, 'PATCH, PUT, GET, DELETE'],
    ['DELETE', `/v2/a/referrers/${digest}`, 'GET'],
  ])('by the method %s on %.30s is told which are allowed', async (method, target, allowed) => {
    const answer = await ask(server, method, target, ['Content-Length: 0']);
    expect(refusal(answer)).toMatch(/^405 UNSUPPORTED .* is not supported; .*(?: is|are)$/);
    expect(answer.headers.allow).toBe(allowed);
  });

  it('by CONNECT is told that this is no proxy', async () => {
    expect(refusal(await ask(server, 'CONNECT', 'example.org:443'))).toMatch(
      /^405 UNSUPPORTED .*no proxy$/,
    );
  });

  it.each(['PUT', 'GET', 'OPTIONS'])(
    '%s outside of the protocol has the same form of refusal',
    async (method) => {
      for (const target of [
        // The page is there for whoever asks with GET.
        ...(method === 'GET' ? [] : ['/']),
        '//etc/passwd',
        '/V2/',
        '/v2x',
        ...(method === 'OPTIONS' ? ['*'] : []),
      ]) {
        expect(refusal(await ask(server, method, target))).toMatch(/^404 UNSUPPORTED Cannot /);
      }
    },
  );

  it.each([
    ['application/json', '{', 400],
    ['application/json', 'null', 400],
    ['application/json', '{"__proto__":{"grant_type":"password"}}', 400],
    [
      'application/json',
      '{"grant_type":"password","username":"a\\u0000","password":"\\u0000"}',
      401,
    ],
    ['application/json', '{"grant_type":{"a":1}}', 400],
    ['application/x-www-form-urlencoded', 'grant_type=password&username=%00&password=%ZZ', 401],
    ['application/x-www-form-urlencoded', 'grant_type=refresh_token&refresh_token=a.b.c', 401],
    ['text/x-nothing', 'a', 415],
    ['application/json', `["${'a'.repeat(2_000_000)}"]`, 413],
  ])('for a token, with %s %.30s, is refused', async (type, form, status) => {
    const answer = await ask(server, 'POST', '/token', [`Content-Type: ${type}`], form);
    expect(answer.status).toBe(status);
    expect(ociError(answer).message).not.toBe('');
  });

  it.each([
    ['Basic !!!'],
    ['Basic'],
    [`Basic ${Buffer.from('a\0b:c\0d').toString('base64')}`],
    [`Basic ${Buffer.from(`${'a'.repeat(8000)}:b`).toString('base64')}`],
    ['Bearer a.b.c'],
    ['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsImFkbWluaXN0cmF0b3IiOnRydWV9.'],
    ['Digest username="admin"'],
    [''],
  ])('with the credentials %.30s is told to sign in', async (credentials) => {
    const text = `GET /v2/ HTTP/1.1\r\nHost: ${server.host}\r\nAuthorization: ${credentials}\r\n\r\n`;
    const answer = await say(server, text);
    expect(refusal(answer)).toMatch(/^401 UNAUTHORIZED /);
    expect(answer?.headers['www-authenticate']).toMatch(/realm="/);
  });

  it.each(['x"y', 'a\\b', 'x", Basic realm="y', '', 'a b', '[::1', `${'a'.repeat(9000)}"`])(
    'whose Host is %.30j puts nothing of its own into the challenge',
    async (host) => {
      const answer = await say(server, `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(answer?.status).toBe(401);
      expect(answer?.headers['www-authenticate']).toMatch(
        /^Bearer realm="http:\/\/127\.0\.0\.1:\d+\/token",service="slipway"$/,
      );
    },
  );
});

describe('what is hardly HTTP', () => {
  const server = hostileSuite();
  const head = () => `Host: ${server.host}\r\nAuthorization: ${authorizationOf(server)}\r\n`;

  it.each([
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['prose', 'hello world\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version to come', 'GET /v2/ HTTP/3.7\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'FOO /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an empty target', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a target that is no path', 'GET v2/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['line feeds alone', 'GET /v2/ HTTP/1.1\nHost: x\n\n'],
    ['a folded header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n'],
    ['a space before a colon', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n'],
    ['a NUL in a header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
    [
      'two lengths',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello',
    ],
    [
      'a length and chunks',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'chunks and a length',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    ],
    [
      'an encoding that ends otherwise than in chunks',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n',
    ],
    [
      'an unknown encoding',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a negative length',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    ],
    [
      'a length with a sign',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na',
    ],
    [
      'a hexadecimal length',
      'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n\r\n',
    ],
    [
      'a length of 24 digits',
      `POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(24)}\r\n\r\n`,
    ],
  ])('%s is answered with 400 and why, and the connection ends', async (_, text) => {
    const connection = await connect(server);
    connection.write(Buffer.from(text, 'latin1'));
    expect(refusal(await connection.answer())).toMatch(
      /^400 UNSUPPORTED the request is not HTTP: \S/,
    );
    await connection.closed;
  });

  it('a request of HTTP/1.1 without Host is refused by its name', async () => {
    const answer = await say(server, 'GET /v2/ HTTP/1.1\r\n\r\n');
    expect(refusal(answer)).toBe('400 UNSUPPORTED the request has no Host header');
    expect(refusal(await say(server, 'GET /nothing HTTP/1.1\r\n\r\n'))).toMatch(/no Host header$/);
  });

  it('a request of HTTP/1.0 is answered, and the connection ends', async () => {
    const connection = await connect(server);
    connection.write(`GET /v2/ HTTP/1.0\r\nAuthorization: ${authorizationOf(server)}\r\n\r\n`);
    expect((await connection.answer())?.status).toBe(200);
    await connection.closed;
  });

  it('a request as to a proxy is answered as if it had come to this path alone', async () => {
    const text = (target: string) => `GET ${target} HTTP/1.1\r\n${head()}\r\n`;
    expect((await say(server, text('http://registry.example.org/v2/')))?.status).toBe(200);
    expect(refusal(await say(server, text('HTTP://x/v2/a/b/tags/list')))).toMatch(
      /^404 NAME_UNKNOWN there is no repository a\/b/,
    );
  });

  it('an expectation that nobody knows, or an upgrade that nobody offers, is not looked at', async () => {
    const text = (headers: string) => `GET /v2/ HTTP/1.1\r\n${head()}${headers}\r\n\r\n`;
    expect((await say(server, text('Expect: cookies')))?.status).toBe(200);
    expect((await say(server, text('Connection: Upgrade\r\nUpgrade: websocket')))?.status).toBe(
      200,
    );
    expect((await say(server, text('Connection: Upgrade\r\nUpgrade: h2c')))?.status).toBe(200);
  });

  it.each([
    ['3000 headers', `GET /v2/ HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(3000)}\r\n`],
    ['one header of 17 KiB', `GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`],
    ['a path of 20 KiB', `GET /v2/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    [
      'a query of 20 KiB',
      `GET /v2/a/tags/list?last=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
  ])('%s are answered with 431 and how much there may be', async (_, text) => {
    expect(refusal(await say(server, text))).toBe(
      '431 UNSUPPORTED the URL and the headers are together larger than 16384 bytes',
    );
  });

  it('10 MiB of headers are read no further than they may go', async () => {
    const connection = await connect(server);
    connection.write(
      `GET /v2/ HTTP/1.1\r\nHost: x\r\n${`A: ${'b'.repeat(1020)}\r\n`.repeat(10_000)}`,
    );
    await connection.closed;
    expect(connection.socket.bytesWritten).toBeGreaterThan(16_384);
  });

  it('what is smuggled behind a body is a request of its own, or none, and never part of another', async () => {
    const content = 'GET /v2/smuggled/tags/list HTTP/1.1\r\nHost: x\r\n\r\n';
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const connection = await connect(server);
    connection.write(
      `POST /v2/smuggling/blobs/uploads/?digest=${digest} HTTP/1.1\r\n${head()}Content-Length: ${content.length}\r\n\r\n${content}` +
        `GET /v2/ HTTP/1.1\r\n${head()}\r\n`,
    );
    expect((await connection.answer())?.status).toBe(201);
    expect((await connection.answer())?.status).toBe(200);
    connection.socket.destroy();
    expect((await send(server, 'GET', `/v2/smuggling/blobs/${digest}`)).body.toString()).toBe(
      content,
    );
  });

  it('a thousand requests at once on one connection are all answered, in order', async () => {
    const connection = await connect(server);
    const requests = Array.from(
      { length: 1000 },
      (_, n) => `GET /v2/pipelined/manifests/t${n} HTTP/1.1\r\n${head()}\r\n`,
    );
    connection.write(requests.join(''));
    for (let n = 0; n < 1000; n++) {
      const answer = await connection.answer({ limit: 30_000 });
      expect(answer?.status).toBe(404);
    }
    connection.socket.destroy();
  });
});
