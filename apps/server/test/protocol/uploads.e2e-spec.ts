import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, someBytes } from './content.ts';
import { refusal, type Answer } from './exchange.ts';
import { rawConnection } from './raw-connection.ts';
import { aRepository, basic, suiteServer } from './suite-server.ts';

const server = suiteServer();
const { ask } = server;

const nothing = Buffer.alloc(0);

/** A body whose length nobody announces. */
async function* pieces(...chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    yield chunk;
    await sleep(1);
  }
}

const rangeOf = (first: number, bytes: Buffer) => ({
  'content-range': `${first}-${first + bytes.length - 1}`,
});

const expectBlob = async (repository: string, digest: string, bytes: Buffer): Promise<void> => {
  const head = await ask('HEAD', `/v2/${repository}/blobs/${digest}`);
  expect([head.status, head.headers['content-length']]).toEqual([200, String(bytes.length)]);
  const got = await ask('GET', `/v2/${repository}/blobs/${digest}`);
  expect(got.body.equals(bytes)).toBe(true);
};

const finish = (upload: string, bytes: Buffer, algorithm?: 'sha512'): Promise<Answer> =>
  ask('PUT', `${upload}?digest=${digestOf(bytes, algorithm)}`);

describe('a new upload', () => {
  it.each(['/blobs/uploads/', '/blobs/uploads'])(
    '5.2-12 POST %s answers with all that clients go on with',
    async (path) => {
      const repository = aRepository();
      const { status, headers, body } = await ask('POST', `/v2/${repository}${path}`);
      expect(status).toBe(202);
      const id = headers['docker-upload-uuid'] ?? '';
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.location).toBe(`/v2/${repository}/blobs/uploads/${id}`);
      expect(headers.range).toBe('0-0');
      expect(headers['content-length']).toBe('0');
      expect(body).toHaveLength(0);
    },
  );

  it('5.2-12 asks for no least size of a chunk and takes single bytes', async () => {
    const repository = aRepository();
    const started = await ask('POST', `/v2/${repository}/blobs/uploads/`);
    expect(started.headers['oci-chunk-min-length']).toBeUndefined();
    const upload = started.headers.location ?? '';
    const bytes = someBytes(5);
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes.subarray(at, at + 1);
      const answer = await ask('PATCH', upload, { headers: rangeOf(at, byte), body: byte });
      expect([answer.status, answer.headers.range]).toEqual([202, `0-${at}`]);
    }
    expect((await finish(upload, bytes)).status).toBe(201);
    await expectBlob(repository, digestOf(bytes), bytes);
  });

  it.each([
    ['in front', (digest: string) => `?digest=${digest}&state=x`],
    ['behind', (digest: string) => `?_state=a%2Bb&digest=${digest}`],
    ['with its colon encoded', (digest: string) => `?digest=${digest.replace(':', '%3A')}`],
    ['twice, of which the last counts', (digest: string) => `?digest=nonsense&digest=${digest}`],
  ])('5.2-13 is finished by a query that has the digest %s', async (_, query) => {
    const repository = aRepository();
    const bytes = someBytes();
    const upload = await server.startUpload(repository);
    const answer = await ask('PUT', upload + query(digestOf(bytes)), { body: bytes });
    expect(answer.status).toBe(201);
    await expectBlob(repository, digestOf(bytes), bytes);
  });

  it('5.2-13 keeps its place in the path alone', async () => {
    expect(await server.startUpload(aRepository())).not.toMatch(/[?#]/);
  });
});

describe('a whole layer in one PATCH, as Docker sends it', () => {
  it('5.2-14 is answered with the range it has, then finished and looked up', async () => {
    const repository = aRepository();
    const bytes = someBytes(3 * 1024 * 1024);
    const upload = await server.startUpload(repository);
    const patched = await ask('PATCH', upload, { body: pieces(bytes) });
    expect(patched.status).toBe(202);
    expect(patched.headers.range).toBe(`0-${bytes.length - 1}`);
    const put = await ask('PUT', `${upload}?digest=${digestOf(bytes)}`, { body: '' });
    expect(put.status).toBe(201);
    await expectBlob(repository, digestOf(bytes), bytes);
  });
});

describe('a chunk', () => {
  const [first, second, third] = [someBytes(1000), someBytes(500), someBytes(7)];

  it('5.2-15 follows the last, and the upload says how far it is', async () => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    const fresh = await ask('GET', upload);
    expect([fresh.status, fresh.headers.range]).toEqual([204, '0-0']);
    await ask('PATCH', upload, { headers: rangeOf(0, first), body: first });
    const patched = await ask('PATCH', upload, { headers: rangeOf(1000, second), body: second });
    expect([patched.status, patched.headers.range]).toEqual([202, '0-1499']);
    const { status, headers } = await ask('GET', upload);
    expect([status, headers.range, headers.location]).toEqual([204, '0-1499', upload]);
    expect((await finish(upload, Buffer.concat([first, second]))).status).toBe(201);
  });

  it.each([
    ['PATCH', 'leaves a gap', 1001],
    ['PATCH', 'came before', 0],
    ['PATCH', 'overlaps the last', 999],
    ['PUT', 'leaves a gap', 1500],
    ['PUT', 'came before', 0],
  ])('5.2-15 %s of one that %s is 416, and the upload goes on', async (method, _, start) => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    await ask('PATCH', upload, { headers: rangeOf(0, first), body: first });
    const bytes = Buffer.concat([first, second, third]);
    const query = method === 'PUT' ? `?digest=${digestOf(bytes)}` : '';
    const refused = await ask(method, upload + query, {
      headers: rangeOf(start, second),
      body: second,
    });
    expect(refusal(refused)).toEqual([416, 'BLOB_UPLOAD_INVALID']);
    expect(refused.headers.location).toBe(upload);
    expect(refused.headers.range).toBe('0-999');

    await ask('PATCH', upload, { headers: rangeOf(1000, second), body: second });
    const put = await ask('PUT', `${upload}?digest=${digestOf(bytes)}`, {
      headers: rangeOf(1500, third),
      body: third,
    });
    expect(put.status).toBe(201);
    await expectBlob(repository, digestOf(bytes), bytes);
  });

  it.each(['5-1', 'x', '-5', '5-', '', 'bytes', '0-99999999999999999999', '0-99, 100-199'])(
    '5.2-15 with the Content-Range "%s" is refused before a byte is stored',
    async (range) => {
      const upload = await server.startUpload(aRepository());
      const headers = { 'content-range': range };
      const answer = await ask('PATCH', upload, { headers, body: first });
      expect(refusal(answer)).toEqual([400, 'SIZE_INVALID']);
      expect((await ask('GET', upload)).headers.range).toBe('0-0');
    },
  );

  it('5.2-15 of another length than its Content-Range says is refused', async () => {
    const upload = await server.startUpload(aRepository());
    const headers = { 'content-range': '0-99' };
    const announced = await ask('PATCH', upload, { headers, body: first });
    expect(refusal(announced)).toEqual([400, 'SIZE_INVALID']);
    const streamed = await ask('PATCH', upload, { headers, body: pieces(first) });
    expect(refusal(streamed)).toEqual([400, 'SIZE_INVALID']);
  });

  it('5.2-16 may be empty, and the upload goes on', async () => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    const empty = await ask('PATCH', upload, { body: '' });
    expect([empty.status, empty.headers.range]).toEqual([202, '0-0']);
    const bytes = someBytes();
    await ask('PATCH', upload, { headers: rangeOf(0, bytes), body: bytes });
    const again = await ask('PATCH', upload, { body: pieces() });
    expect([again.status, again.headers.range]).toEqual([202, '0-99']);
    expect((await finish(upload, bytes)).status).toBe(201);
  });
});

describe('the empty blob', () => {
  it.each([
    [
      'a single POST',
      (repository: string) =>
        ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(nothing)}`, { body: '' }),
    ],
    [
      'POST and PUT',
      async (repository: string) => finish(await server.startUpload(repository), nothing),
    ],
    [
      'POST and PUT that does not announce its length, as containerd sends it',
      async (repository: string) =>
        ask('PUT', `${await server.startUpload(repository)}?digest=${digestOf(nothing)}`, {
          body: pieces(),
        }),
    ],
    [
      'POST, PATCH and PUT',
      async (repository: string) => {
        const upload = await server.startUpload(repository);
        await ask('PATCH', upload, { body: '' });
        return finish(upload, nothing);
      },
    ],
  ])('5.2-16 is pushed by %s', async (_, push) => {
    const repository = aRepository();
    expect((await push(repository)).status).toBe(201);
    await expectBlob(repository, digestOf(nothing), nothing);
  });
});

describe('the closing PUT', () => {
  const [head, tail] = [someBytes(64), someBytes(36)];
  const whole = Buffer.concat([head, tail]);

  it.each([
    ['with its range', rangeOf(64, tail)],
    ['without its range', {}],
    ['with a type', { 'content-type': 'application/octet-stream' }],
  ])('5.2-17 brings the last chunk %s', async (_, headers) => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    await ask('PATCH', upload, { headers: rangeOf(0, head), body: head });
    const answer = await ask('PUT', `${upload}?digest=${digestOf(whole)}`, { headers, body: tail });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v2/${repository}/blobs/${digestOf(whole)}`);
    expect(answer.headers['docker-content-digest']).toBe(digestOf(whole));
    await expectBlob(repository, digestOf(whole), whole);
    expect(refusal(await ask('GET', upload))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  it.each([
    ['no digest', ''],
    ['an empty digest', '?digest='],
    ['a short digest', '?digest=sha256:abc'],
    ['a digest in capitals', `?digest=${digestOf(whole).toUpperCase()}`],
    ['an algorithm that nobody registered', `?digest=md5:${'0'.repeat(32)}`],
  ])('5.2-17 with %s is refused, and the upload goes on', async (_, query) => {
    const upload = await server.startUpload(aRepository());
    const refused = await ask('PUT', upload + query, { body: whole });
    expect(refusal(refused)).toEqual([400, 'DIGEST_INVALID']);
    const { status } = await ask('PUT', `${upload}?digest=${digestOf(whole)}`, { body: whole });
    expect(status).toBe(201);
  });

  it('5.2-17 with the digest of something else stores nothing', async () => {
    const repository = aRepository();
    const wrong = digestOf(head);
    const put = `${await server.startUpload(repository)}?digest=${wrong}`;
    expect(refusal(await ask('PUT', put, { body: whole }))).toEqual([400, 'DIGEST_INVALID']);
    const single = `/v2/${repository}/blobs/uploads/?digest=${wrong}`;
    expect(refusal(await ask('POST', single, { body: whole }))).toEqual([400, 'DIGEST_INVALID']);
    for (const digest of [wrong, digestOf(whole)]) {
      expect((await ask('HEAD', `/v2/${repository}/blobs/${digest}`)).status).toBe(404);
    }
  });
});

describe('a blob with a sha512 digest', () => {
  const patched = async (repository: string, bytes: Buffer, query = '') => {
    const upload = await server.startUpload(repository, query);
    const [head, tail] = [bytes.subarray(0, 600), bytes.subarray(600)];
    await ask('PATCH', upload, { headers: rangeOf(0, head), body: head });
    await ask('PATCH', upload, { headers: rangeOf(600, tail), body: tail });
    return finish(upload, bytes, 'sha512');
  };

  it.each([
    [
      'a single POST',
      (repository: string, bytes: Buffer) =>
        ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes, 'sha512')}`, {
          body: bytes,
        }),
    ],
    [
      'POST and PUT',
      async (repository: string, bytes: Buffer) =>
        ask('PUT', `${await server.startUpload(repository)}?digest=${digestOf(bytes, 'sha512')}`, {
          body: bytes,
        }),
    ],
    [
      'one PATCH that streams',
      async (repository: string, bytes: Buffer) => {
        const upload = await server.startUpload(repository);
        await ask('PATCH', upload, { body: pieces(bytes) });
        return finish(upload, bytes, 'sha512');
      },
    ],
    ['chunks, the algorithm named at the end', patched],
    [
      'chunks, the algorithm named at the start',
      (repository: string, bytes: Buffer) => patched(repository, bytes, '?digest-algorithm=sha512'),
    ],
    [
      'chunks, another algorithm named at the start',
      (repository: string, bytes: Buffer) => patched(repository, bytes, '?digest-algorithm=sha256'),
    ],
    [
      'a mount',
      async (repository: string, bytes: Buffer) => {
        const from = aRepository();
        await patched(from, bytes);
        const digest = digestOf(bytes, 'sha512');
        return ask('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`);
      },
    ],
  ])('5.2-18 is pushed by %s', async (_, push) => {
    const repository = aRepository();
    const bytes = someBytes(1000);
    const answer = await push(repository, bytes);
    expect(answer.status).toBe(201);
    expect(answer.headers['docker-content-digest']).toBe(digestOf(bytes, 'sha512'));
    await expectBlob(repository, digestOf(bytes, 'sha512'), bytes);
  });

  it('5.2-18 is verified by it', async () => {
    const upload = await server.startUpload(aRepository());
    await ask('PATCH', upload, { body: 'something' });
    const refused = await finish(upload, Buffer.from('something else'), 'sha512');
    expect(refusal(refused)).toEqual([400, 'DIGEST_INVALID']);
  });

  it('5.2-18 an algorithm that nobody registered is refused at the start', async () => {
    const answer = await ask('POST', `/v2/${aRepository()}/blobs/uploads/?digest-algorithm=md5`);
    expect(refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
  });
});

describe('an upload that is cancelled', () => {
  it('5.2-19 is gone, with no more right than to push', async () => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    await ask('PATCH', upload, { body: someBytes() });
    const token = await server.tokenFor(`repository:${repository}:pull,push`);
    const headers = { authorization: `Bearer ${token}` };
    expect((await server.askAsNobody('DELETE', upload, { headers })).status).toBe(204);
    const put = `${upload}?digest=${digestOf(nothing)}`;
    for (const [method, path] of [
      ['GET', upload],
      ['PATCH', upload],
      ['PUT', put],
      ['DELETE', upload],
    ] as const) {
      expect(refusal(await ask(method, path))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    }
  });

  it('5.2-19 and one of another repository are not there', async () => {
    const upload = await server.startUpload(aRepository());
    const elsewhere = upload.replace(/^\/v2\/[^/]+\/[^/]+/, `/v2/${aRepository()}`);
    for (const path of [elsewhere, `/v2/${aRepository()}/blobs/uploads/nonsense`]) {
      expect(refusal(await ask('DELETE', path))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    }
    expect((await ask('GET', upload)).status).toBe(204);
  });
});

describe('a mount', () => {
  it.each([
    ['from the repository that has it', (from: string) => `&from=${from}`],
    ['with an origin, as ggcr asks', (from: string) => `&from=${from}&origin=registry.test`],
    ['from wherever it is', () => ''],
  ])('5.2-20 %s makes the blob one of the repository', async (_, query) => {
    const [from, to] = [aRepository(), aRepository()];
    const bytes = someBytes();
    const { digest } = await server.pushBlob(from, bytes);
    const answer = await ask('POST', `/v2/${to}/blobs/uploads/?mount=${digest}${query(from)}`);
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v2/${to}/blobs/${digest}`);
    expect(answer.headers['docker-content-digest']).toBe(digest);
    expect((await ask('DELETE', `/v2/${from}/blobs/${digest}`)).status).toBe(202);
    await expectBlob(to, digest, bytes);
  });

  it('5.2-20 needs no scope but that of the repository it pushes to', async () => {
    const [from, to] = [aRepository(), aRepository()];
    const { digest } = await server.pushBlob(from);
    const token = await server.tokenFor(`repository:${to}:pull,push`);
    const headers = { authorization: `Bearer ${token}` };
    const path = `/v2/${to}/blobs/uploads/?mount=${digest}&from=${from}`;
    expect((await server.askAsNobody('POST', path, { headers })).status).toBe(201);
  });

  it.each([
    ['of a blob that is not there', (from: string) => `&from=${from}`],
    ['of a blob that nobody has', () => ''],
    ['from a repository that is not there', () => `&from=${aRepository()}`],
    ['from what is no name', () => '&from=../A'],
    ['from what is no name but long', () => `&from=${'a/'.repeat(500)}`],
  ])('5.2-20 %s begins an upload instead', async (_, query) => {
    const [from, to] = [aRepository(), aRepository()];
    await server.pushBlob(from);
    const bytes = someBytes();
    const digest = digestOf(bytes);
    const answer = await ask('POST', `/v2/${to}/blobs/uploads/?mount=${digest}${query(from)}`);
    expect(answer.status).toBe(202);
    const upload = answer.headers.location ?? '';
    expect((await ask('PUT', `${upload}?digest=${digest}`, { body: bytes })).status).toBe(201);
  });
});

describe('a request as real clients send it', () => {
  it('5.2-21 begins an upload as application/json without a body, as ggcr does', async () => {
    const repository = aRepository();
    const path = `/v2/${repository}/blobs/uploads/`;
    const headers = { 'content-type': 'application/json' };
    for (const question of [{ headers }, { headers, body: '' }, { headers, body: pieces() }]) {
      expect((await ask('POST', path, question)).status).toBe(202);
    }
    const { digest } = await server.pushBlob(aRepository());
    expect((await ask('POST', `${path}?mount=${digest}`, { headers })).status).toBe(201);
  });

  it.each([
    'application/json',
    'text/plain; charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'binary',
    ';;;',
  ])('5.2-22 brings bytes as "%s" and they are stored as they are', async (type) => {
    const repository = aRepository();
    const bytes = Buffer.concat([Buffer.from('{"not": json, a=b&'), someBytes()]);
    const headers = { 'content-type': type };
    const upload = await server.startUpload(repository);
    expect((await ask('PATCH', upload, { headers, body: bytes })).status).toBe(202);
    const put = `${upload}?digest=${digestOf(Buffer.concat([bytes, bytes]))}`;
    expect((await ask('PUT', put, { headers, body: bytes })).status).toBe(201);
  });

  it('5.2-22 may end its path in a slash, and encode its colons', async () => {
    const repository = aRepository();
    const bytes = someBytes();
    const upload = await server.startUpload(repository);
    expect((await ask('PATCH', `${upload}/`, { body: bytes })).status).toBe(202);
    expect((await ask('PUT', `${upload}/?digest=${digestOf(bytes)}`)).status).toBe(201);
    const encoded = digestOf(bytes).replace(':', '%3A');
    expect((await ask('GET', `/v2/${repository}/blobs/${encoded}`)).body.equals(bytes)).toBe(true);
    const name = repository.replace('/', '%2F');
    expect((await ask('HEAD', `/v2/${name}/blobs/${digestOf(bytes)}`)).status).toBe(200);
  });

  it('5.2-22 may have a longer digest and tag than a router takes by itself', async () => {
    const repository = aRepository();
    const tag = 'a'.repeat(128);
    const { bytes } = await server.pushImage(repository, tag);
    expect((await ask('GET', `/v2/${repository}/manifests/${tag}`)).body.equals(bytes)).toBe(true);
    const digest = digestOf(someBytes(), 'sha512');
    const answer = await ask('GET', `/v2/${repository}/blobs/${digest}`);
    expect(refusal(answer)).toEqual([404, 'BLOB_UNKNOWN']);
  });

  it.each(['POST', 'PUT', 'PATCH'])(
    '5.2-22 %s that waits for 100 Continue gets it only when its body is wanted',
    async (method) => {
      const repository = aRepository();
      const upload = await server.startUpload(repository);
      const bytes = someBytes();
      const query = `?digest=${digestOf(bytes)}`;
      const path = method === 'POST' ? `/v2/${repository}/blobs/uploads/` : upload;
      const head = (authorization: string) =>
        `${method} ${path}${method === 'PATCH' ? '' : query} HTTP/1.1\r\nHost: x\r\n` +
        `${authorization}Expect: 100-continue\r\nContent-Length: ${bytes.length}\r\n\r\n`;

      const refused = await rawConnection(server.slipway.port);
      refused.send(head(''));
      expect(await refused.ends()).toMatch(/^HTTP\/1\.1 401 /);

      const wanted = await rawConnection(server.slipway.port);
      const { username, password } = server.slipway;
      wanted.send(head(`Authorization: ${basic(username, password)}\r\n`));
      expect(await wanted.receives(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      wanted.send(bytes);
      expect(await wanted.receives(/HTTP\/1\.1 20[^]*\r\n\r\n/)).toContain(
        method === 'PATCH' ? 'HTTP/1.1 202' : 'HTTP/1.1 201',
      );
      wanted.breakOff();
    },
  );
});

describe('a body that nobody wants', () => {
  const refused = async (framing: string): Promise<void> => {
    const upload = await server.startUpload(aRepository());
    const connection = await rawConnection(server.slipway.port);
    connection.send(`PATCH ${upload} HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`);
    const begun = Date.now();
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const sending = setInterval(() => connection.send(chunk), 20);
    const answer = await connection.receives(/\r\n\r\n\{.*\}$/s);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(Date.now() - begun).toBeLessThan(2000);
    await connection.ends();
    clearInterval(sending);
    expect((await ask('GET', upload)).headers.range).toBe('0-0');
  };

  it('5.2-23 is refused at once, and not read for ever', async () => {
    await Promise.all([
      refused('Content-Length: 10000000000'),
      refused('Transfer-Encoding: chunked'),
    ]);
  });
});

describe('a refusal', () => {
  const body = Buffer.alloc(4 * 1024 * 1024);
  const chunked = Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);

  it.each([
    ['on a connection that ends', 'Connection: close\r\n', 'Content-Length: 4194304', body],
    ['on one that ends, in pieces', 'Connection: close\r\n', 'Transfer-Encoding: chunked', chunked],
    ['on one that goes on', '', 'Content-Length: 4194304', body],
    ['on one that goes on, in pieces', '', 'Transfer-Encoding: chunked', chunked],
  ])(
    '5.2-23 reaches a client that sends its whole body before it reads, %s',
    async (_, connectionHeader, framing, sent) => {
      const { port, username, password } = server.slipway;
      const upload = await server.startUpload(aRepository());
      for (const [path, authorization] of [
        [upload, ''],
        [`${upload}x`, `Authorization: ${basic(username, password)}\r\n`],
      ] as const) {
        const connection = await rawConnection(port);
        connection.pause();
        connection.send(
          `PATCH ${path} HTTP/1.1\r\nHost: x\r\n${connectionHeader}${authorization}${framing}\r\n\r\n`,
        );
        connection.send(sent);
        await connection.sent();
        connection.resume();
        const answer = await connection.receives(/\r\n\r\n\{.*\}$/s);
        expect(answer).toMatch(authorization === '' ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 404 /);
        if (connectionHeader === '') {
          connection.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
          await connection.receives(/HTTP\/1\.1 200 OK/);
          connection.breakOff();
        } else {
          await connection.ends();
        }
      }
    },
  );
});

describe('two requests for one upload', () => {
  it('5.2-24 do not mix: the second is refused while the first is writing', async () => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    const [head, tail] = [someBytes(300_000), someBytes(300_000)];
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const first = ask('PATCH', upload, {
      body: (async function* () {
        yield head;
        await held;
        yield tail;
      })(),
    });
    while ((await ask('GET', upload)).headers.range === '0-0') await sleep(5);
    for (const [method, path] of [
      ['PATCH', upload],
      ['PUT', `${upload}?digest=${digestOf(tail)}`],
      ['DELETE', upload],
    ] as const) {
      const refused = await ask(method, path, { body: method === 'DELETE' ? '' : tail });
      expect(refusal(refused)).toEqual([409, 'BLOB_UPLOAD_INVALID']);
    }
    goOn();
    expect((await first).headers.range).toBe('0-599999');
    const whole = Buffer.concat([head, tail]);
    expect((await finish(upload, whole)).status).toBe(201);
    await expectBlob(repository, digestOf(whole), whole);
  });

  it('5.2-24 of many at once, each is stored whole or refused', async () => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    const bytes = someBytes(10_000);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask('PATCH', upload, { body: pieces(bytes) })),
    );
    const stored = answers.filter(({ status }) => status === 202).length;
    for (const answer of answers) expect([202, 409]).toContain(answer.status);
    expect(stored).toBeGreaterThan(0);
    const whole = Buffer.concat(Array.from({ length: stored }, () => bytes));
    expect((await finish(upload, whole)).status).toBe(201);
    await expectBlob(repository, digestOf(whole), whole);
  });
});

describe('a client that is cut off in the middle of a PATCH', () => {
  it.each([
    ['of a length that it announced', 'Content-Length: 500000\r\n', ''],
    ['in pieces', 'Transfer-Encoding: chunked\r\n', '186a0\r\n'],
  ])('5.2-24 %s finds what arrived and goes on from there', async (_, framing, prefix) => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    const bytes = someBytes(500_000);
    const sent = bytes.subarray(0, 100_000);
    const connection = await rawConnection(server.slipway.port);
    const { username, password } = server.slipway;
    connection.send(
      `PATCH ${upload} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(username, password)}\r\n` +
        `${framing}\r\n${prefix}`,
    );
    connection.send(sent);
    const rangeNow = async () => (await ask('GET', upload)).headers.range;
    while ((await rangeNow()) !== '0-99999') await sleep(10);
    connection.breakOff();

    const rest = bytes.subarray(100_000);
    const goOn = () => ask('PATCH', upload, { headers: rangeOf(100_000, rest), body: rest });
    let answer = await goOn();
    while (answer.status === 409) {
      await sleep(10);
      answer = await goOn();
    }
    expect([answer.status, answer.headers.range]).toEqual([202, '0-499999']);
    expect((await finish(upload, bytes)).status).toBe(201);
    await expectBlob(repository, digestOf(bytes), bytes);
  });

  it('5.2-24 of a PUT does not commit what it did not send', async () => {
    const repository = aRepository();
    const upload = await server.startUpload(repository);
    const bytes = someBytes(1000);
    const digest = digestOf(bytes.subarray(0, 400));
    const connection = await rawConnection(server.slipway.port);
    const { username, password } = server.slipway;
    connection.send(
      `PUT ${upload}?digest=${digest} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n` +
        `Authorization: ${basic(username, password)}\r\n\r\n`,
    );
    connection.send(bytes.subarray(0, 400));
    while ((await ask('GET', upload)).headers.range !== '0-399') await sleep(10);
    connection.breakOff();
    await sleep(100);
    expect((await ask('HEAD', `/v2/${repository}/blobs/${digest}`)).status).toBe(404);
    expect((await ask('GET', upload)).headers.range).toBe('0-399');
  });
});
