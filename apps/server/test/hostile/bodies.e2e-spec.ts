import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus, send } from '../resilience/wire.ts';
import { openFiles, residentMemory, until } from '../resilience/processes.ts';
import { hostileSuite, ask, limit, refusal } from './hostile-suite.ts';
import { connect, requestText } from './raw.ts';

const sha256 = (bytes: string | Buffer) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const megabyte = 1024 * 1024;

describe('a body that does not come as it should', () => {
  const server = hostileSuite({ SLIPWAY_IDLE_TIMEOUT: '1' });

  const newUpload = async () => {
    const opened = await send(server, 'POST', '/v2/bodies/blobs/uploads/', {
      body: Buffer.alloc(0),
    });
    return expectStatus(opened, 202).headers.location ?? '';
  };
  const stored = async (location: string) =>
    expectStatus(await send(server, 'GET', location), 204).headers.range;
  const begin = async (
    method: string,
    target: string,
    headers: readonly string[],
    body: string,
  ) => {
    const connection = await connect(server);
    connection.write(requestText(server, method, target, headers, body));
    return connection;
  };
  const finish = async (location: string, rest: string, whole: string) =>
    send(server, 'PUT', `${location}?digest=${sha256(whole)}`, { body: Buffer.from(rest) });

  it.each([
    ['truncated', ['Content-Length: 100']],
    ['truncated in a chunk', ['Transfer-Encoding: chunked']],
  ])(
    'because it is %s leaves its beginning, behind which the upload goes on',
    async (_, headers) => {
      const location = await newUpload();
      const chunked = headers[0]?.startsWith('T') === true;
      const connection = await begin(
        'PATCH',
        location,
        headers,
        chunked ? '64\r\n0123456789' : '0123456789',
      );
      await sleep(300);
      connection.socket.destroy();
      await until('the beginning is there', async () => (await stored(location)) === '0-9');
      await until('the upload is free', async () => {
        const answer = await finish(location, 'abc', '0123456789abc');
        return answer.status === 201;
      });
    },
  );

  it('because nothing comes any more is given up with 408, and its beginning kept', async () => {
    const location = await newUpload();
    const connection = await begin('PATCH', location, ['Content-Length: 100'], '0123456789');
    expect(refusal(await connection.answer())).toBe(
      '408 BLOB_UPLOAD_INVALID no byte of the body came for 1 seconds',
    );
    connection.socket.destroy();
    expect(await stored(location)).toBe('0-9');
    expect((await finish(location, 'abc', '0123456789abc')).status).toBe(201);
  });

  it('because no manifest comes is given up with 408', async () => {
    const connection = await begin('PUT', '/v2/bodies/manifests/x', ['Content-Length: 100'], '{');
    expect(refusal(await connection.answer())).toMatch(/^408 BLOB_UPLOAD_INVALID no byte/);
    connection.socket.destroy();
  });

  it('but byte by byte is taken, however long that takes', async () => {
    const location = await newUpload();
    const connection = await begin('PATCH', location, ['Content-Length: 10'], '');
    for (const byte of '0123456789') {
      connection.write(byte);
      await sleep(250);
    }
    expect((await connection.answer())?.status).toBe(202);
    connection.socket.destroy();
    expect((await finish(location, '', '0123456789')).status).toBe(201);
  });

  it.each(['x\r\n', '-1\r\n', '99999999999999999999\r\n', '1;a=b\r\nab\r\n', '5\r\nabc'])(
    'because a chunk of it is %j is answered with 400, or not at all',
    async (chunk) => {
      const location = await newUpload();
      const headers = ['Transfer-Encoding: chunked'];
      const connection = await begin('PATCH', location, headers, `3\r\n012\r\n${chunk}`);
      connection.socket.end();
      const answer = await connection.answer();
      if (answer !== undefined) expect(refusal(answer)).toMatch(/^400 /);
      await connection.closed;
      await until(
        'the upload is free',
        async () => (await send(server, 'DELETE', location)).status === 204,
      );
    },
  );

  it('because it is longer than its range says is refused, and so is one that is shorter', async () => {
    for (const range of ['0-8', '0-10', '0-99999999999999']) {
      const location = await newUpload();
      const answer = await ask(
        server,
        'PATCH',
        location,
        [`Content-Range: ${range}`],
        '0123456789',
      );
      expect(refusal(answer)).toMatch(
        /^400 SIZE_INVALID Content-Range speaks of \d+ bytes and Content-Length of 10$/,
      );
    }
  });

  it('because its chunks bring more or less than the range says is refused', async () => {
    for (const range of ['0-1', '0-8']) {
      const location = await newUpload();
      const headers = ['Transfer-Encoding: chunked', `Content-Range: ${range}`];
      const connection = await begin('PATCH', location, headers, '4\r\n0123\r\n0\r\n\r\n');
      expect(refusal(await connection.answer())).toMatch(
        /^400 SIZE_INVALID the request announced \d bytes and brought 4$/,
      );
      connection.socket.destroy();
    }
  });

  it.each([
    ['-1-5', 400],
    ['5-1', 400],
    ['a-b', 400],
    ['0-', 400],
    ['', 400],
    ['bytes 0-9/10', 202],
    ['0-9, 20-29', 400],
    ['5-14', 416],
    ['99999999999999999999-999999999999999999999', 400],
    ['100-109', 416],
  ])('because its range is %j is answered with %i', async (range, status) => {
    const location = await newUpload();
    const answer = await ask(server, 'PATCH', location, [`Content-Range: ${range}`], '0123456789');
    expect(answer.status).toBe(status);
    if (status === 400)
      expect(refusal(answer)).toMatch(/^400 SIZE_INVALID Content-Range ".*" is not/);
    if (status === 416) {
      expect(refusal(answer)).toMatch(
        /^416 BLOB_UPLOAD_INVALID .*the next byte of upload .* is 0$/,
      );
      expect(answer.headers.location).toBe(location);
      expect(answer.headers.range).toBe('0-0');
    }
  });

  it('because its digest is another is refused with what it is, and is nowhere afterwards', async () => {
    const location = await newUpload();
    const answer = await send(server, 'PUT', `${location}?digest=${sha256('else')}`, {
      body: Buffer.from('0123456789'),
    });
    expect(refusal(answer)).toBe(
      `400 DIGEST_INVALID the 10 bytes that were uploaded are ${sha256('0123456789')}, not ${sha256('else')}`,
    );
    for (const digest of [sha256('else'), sha256('never pushed')]) {
      expect((await send(server, 'HEAD', `/v2/bodies/blobs/${digest}`)).status).toBe(404);
    }
  });

  it('because it is announced with more bytes than there are numbers is refused', async () => {
    const target = `/v2/bodies/blobs/uploads/?digest=${sha256('')}`;
    const connection = await begin('POST', target, ['Content-Length: 9007199254740993'], '');
    expect(refusal(await connection.answer())).toBe(
      '400 SIZE_INVALID Content-Length "9007199254740993" is too large',
    );
    connection.socket.destroy();
  });

  it('because another request writes to the same upload is refused, and the first goes on', async () => {
    const location = await newUpload();
    const connection = await begin('PATCH', location, ['Content-Length: 10'], '01234');
    await sleep(200);
    expect(refusal(await ask(server, 'PATCH', location, [], 'xxxxx'))).toMatch(
      /^409 BLOB_UPLOAD_INVALID upload .* is being written to by another request$/,
    );
    connection.write('56789');
    expect((await connection.answer())?.status).toBe(202);
    connection.socket.destroy();
    expect((await finish(location, '', '0123456789')).status).toBe(201);
  });

  it('to an endpoint that wants none does not keep the next request from being answered', async () => {
    const connection = await begin('GET', '/v2/', ['Content-Length: 5'], 'hello');
    expect((await connection.answer())?.status).toBe(200);
    connection.write(requestText(server, 'GET', '/v2/'));
    expect((await connection.answer())?.status).toBe(200);
    connection.socket.destroy();
  });

  it('and that is refused at once is not read for ever', async () => {
    const connection = await begin(
      'PUT',
      '/v2/BAD/manifests/x',
      ['Transfer-Encoding: chunked'],
      '',
    );
    expect(refusal(await connection.answer())).toMatch(/^400 NAME_INVALID /);
    const endless = setInterval(() => connection.write('1\r\na\r\n'), 50);
    await connection.closed;
    clearInterval(endless);
  });
});

describe('those who read a large blob', () => {
  const server = hostileSuite({ SLIPWAY_IDLE_TIMEOUT: '2' });
  const content = randomBytes(32 * megabyte);
  const path = `/v2/large/blobs/${sha256(content)}`;

  beforeAll(async () => {
    const target = `/v2/large/blobs/uploads/?digest=${sha256(content)}`;
    expectStatus(await send(server, 'POST', target, { body: content }), 201);
  }, limit);

  it(
    'slowly hold little of its memory, and are let go when they stop reading',
    async () => {
      const before = await residentMemory(server.pid);
      const blobFiles = () => openFiles(server.pid, join(server.dataDir, 'blobs'));
      const readers = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const connection = await connect(server);
          connection.socket.pause();
          connection.write(requestText(server, 'GET', path));
          return connection;
        }),
      );
      await sleep(1000);
      expect((await residentMemory(server.pid)) - before).toBeLessThan(100 * megabyte);
      const other = await send(server, 'GET', path, { headers: { range: 'bytes=0-9' } });
      expect(other.body).toEqual(content.subarray(0, 10));
      expect(await blobFiles()).toBeGreaterThan(0);
      // The system takes some more after the reader has stopped, so this is later than the limit.
      await until('they are let go', async () => (await blobFiles()) === 0);
      for (const { socket } of readers) socket.resume();
      await Promise.all(readers.map((reader) => reader.closed));
      for (const reader of readers) expect(reader.received().length).toBeLessThan(content.length);
    },
    limit,
  );

  it(
    'and go away in the middle are not missed',
    async () => {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const connection = await connect(server);
          connection.write(requestText(server, 'GET', path));
          await until('something came', () => connection.socket.bytesRead > 100_000);
          connection.socket.resetAndDestroy();
        }),
      );
      expect((await send(server, 'GET', path)).body.equals(content)).toBe(true);
    },
    limit,
  );

  it.each([
    ['bytes=-0', 416],
    ['bytes=99999999999-', 416],
    ['bytes=9-1', 416],
    ['bytes=a-b', 200],
    ['bytes=0-99999999999999999999999', 206],
    ['lines=0-1', 200],
    ['bytes=--1', 200],
    [`bytes=${Array.from({ length: 200 }, () => '0-0').join(',')}`, 400],
    ['bytes=0-,0-,0-', 400],
    ['bytes=0-0,-1', 206],
  ])(
    'by the range %j get %i',
    async (range, status) => {
      const answer = await send(server, 'GET', path, { headers: { range } });
      expect(answer.status).toBe(status);
      if (status === 416) expect(answer.headers['content-range']).toBe(`bytes */${content.length}`);
      if (status === 400 || status === 416) expect(refusal(answer)).toMatch(/SIZE_INVALID \S/);
      if (status === 200) expect(answer.body.equals(content)).toBe(true);
    },
    limit,
  );
});
