import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, someBytes } from './content.ts';
import { refusal, type Question } from './exchange.ts';
import { rawConnection } from './raw-connection.ts';
import { aRepository, basic, suiteServer } from './suite-server.ts';

const server = suiteServer();
const { ask } = server;

const repository = aRepository();
const bytes = someBytes(1000);
const path = `/v2/${repository}/blobs/${digestOf(bytes)}`;

beforeAll(() => server.pushBlob(repository, bytes));

const get = (headers: Question['headers'] = {}) => ask('GET', path, { headers });

/** What a `multipart/byteranges` answer says of each part, and the part. */
const partsOf = (body: Buffer, boundary: string): { range: string; bytes: Buffer }[] => {
  const text = body.toString('latin1');
  expect(text.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
  return text
    .slice(0, -`\r\n--${boundary}--\r\n`.length)
    .split(new RegExp(`(?:^|\r\n)--${boundary}\r\n`))
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n');
      const head = part.slice(0, end);
      expect(head).toMatch(/^Content-Type: application\/octet-stream$/m);
      return {
        range: /^Content-Range: (.*)$/m.exec(head)?.[1]?.trim() ?? '',
        bytes: Buffer.from(part.slice(end + 4), 'latin1'),
      };
    });
};

describe('a blob', () => {
  it('5.4-41 is sent by the registry itself, which redirects nobody', async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.body.equals(bytes)).toBe(true);
  });

  it('5.4-42 5.4-44 is described to HEAD as to GET', async () => {
    const digest = digestOf(bytes);
    for (const method of ['HEAD', 'GET']) {
      const { status, headers, body } = await ask(method, path);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('application/octet-stream');
      expect(headers['content-length']).toBe('1000');
      expect(headers['docker-content-digest']).toBe(digest);
      expect(headers.etag).toBe(`"${digest}"`);
      expect(headers['accept-ranges']).toBe('bytes');
      expect(headers['cache-control']).toMatch(/max-age=31536000.*immutable/);
      expect(body).toHaveLength(method === 'GET' ? 1000 : 0);
    }
  });

  it.each([
    ['quoted', `"${digestOf(bytes)}"`],
    ['unquoted', digestOf(bytes)],
    ['weak', `W/"${digestOf(bytes)}"`],
    ['in a list', `"x", "${digestOf(bytes)}"`],
    ['as anything', '*'],
  ])('5.4-44 is not sent again to who has it, with its ETag %s', async (_, etag) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(method, path, { headers: { 'if-none-match': etag } });
      expect(answer.status).toBe(304);
      expect(answer.headers.etag).toBe(`"${digestOf(bytes)}"`);
      expect(answer.body).toHaveLength(0);
    }
    expect((await get({ 'if-none-match': `"${digestOf('x')}"` })).status).toBe(200);
  });

  it('5.4-44 of 0 bytes is one too', async () => {
    const { digest } = await server.pushBlob(repository, Buffer.alloc(0));
    const answer = await ask('GET', `/v2/${repository}/blobs/${digest}`);
    expect([answer.status, answer.headers['content-length']]).toEqual([200, '0']);
    const ranged = await ask('GET', `/v2/${repository}/blobs/${digest}`, {
      headers: { range: 'bytes=0-' },
    });
    expect([ranged.status, ranged.headers['content-range']]).toEqual([416, 'bytes */0']);
  });
});

describe('a range of a blob', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-99', 0, 99],
    ['bytes=500-', 500, 999],
    ['bytes=999-', 999, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-1000', 0, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=0-99999999999999', 0, 999],
    ['BYTES=0-1', 0, 1],
    ['bytes= 3-4 ', 3, 4],
    ['bytes=10-19, 2000-', 10, 19],
  ])('5.4-42 5.4-43 %s is sent as partial content', async (range, first, last) => {
    const answer = await get({ range });
    expect(answer.status).toBe(206);
    expect(answer.headers['content-range']).toBe(`bytes ${first}-${last}/1000`);
    expect(answer.headers['content-length']).toBe(String(last - first + 1));
    expect(answer.headers['docker-content-digest']).toBe(digestOf(bytes));
    expect(answer.body.equals(bytes.subarray(first, last + 1))).toBe(true);
  });

  it.each([
    'bytes=1000-',
    'bytes=1000-1001',
    'bytes=-0',
    'bytes=5000-, 6000-',
    'bytes=99999999999999999999-',
    'bytes=5-4',
  ])('5.4-43 %s has no byte of it', async (range) => {
    const answer = await get({ range });
    expect(refusal(answer)).toEqual([416, 'SIZE_INVALID']);
    expect(answer.headers['content-range']).toBe('bytes */1000');
  });

  it.each(['bytes', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=1-2,x', 'bytes=--1', 'lines=1-2', ''])(
    '5.4-43 "%s" is not understood and counts as none',
    async (range) => {
      const answer = await get({ range });
      expect([answer.status, answer.body.equals(bytes)]).toEqual([200, true]);
    },
  );

  it.each([
    ['bytes=0-9,20-29', ['0-9', '20-29']],
    ['bytes=20-29, 0-9', ['20-29', '0-9']],
    ['bytes=0-9,5-14,0-9', ['0-9', '5-14', '0-9']],
    ['bytes=-1,0-0,990-', ['999-999', '0-0', '990-999']],
    ['bytes=0-0,0-0', ['0-0', '0-0']],
  ])('5.4-43 %s is sent in as many parts, in that order', async (range, expected) => {
    const answer = await get({ range });
    expect(answer.status).toBe(206);
    const [, boundary = ''] =
      /^multipart\/byteranges; boundary=([\w-]+)$/.exec(answer.headers['content-type'] ?? '') ?? [];
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    const parts = partsOf(answer.body, boundary);
    expect(parts.map((part) => part.range)).toEqual(expected.map((each) => `bytes ${each}/1000`));
    for (const part of parts) {
      const [first = 0, last = 0] = part.range.slice(6, -5).split('-').map(Number);
      expect(part.bytes.equals(bytes.subarray(first, last + 1))).toBe(true);
    }
  });

  it.each([
    ['too many', Array.from({ length: 129 }, (_, n) => `${n}-${n}`).join(',')],
    ['many times the whole', '0-,0-,0-'],
  ])('5.4-43 that is %s ranges is refused, and clients ask for less', async (_, ranges) => {
    expect(refusal(await get({ range: `bytes=${ranges}` }))).toEqual([400, 'SIZE_INVALID']);
  });

  it('5.4-43 is sent on the condition that the blob is still the same', async () => {
    const range = 'bytes=0-9';
    expect((await get({ range, 'if-range': `"${digestOf(bytes)}"` })).status).toBe(206);
    for (const other of [
      `"${digestOf('x')}"`,
      'Wed, 21 Oct 2015 07:28:00 GMT',
      `W/"${digestOf(bytes)}"`,
    ]) {
      const answer = await get({ range, 'if-range': other });
      expect([answer.status, answer.body.length]).toEqual([200, 1000]);
    }
  });
});

describe('a blob and other repositories', () => {
  it('5.4-45 it is not theirs before they have pushed or mounted it', async () => {
    const other = aRepository();
    await server.pushBlob(other);
    const elsewhere = `/v2/${other}/blobs/${digestOf(bytes)}`;
    for (const method of ['GET', 'DELETE']) {
      expect(refusal(await ask(method, elsewhere))).toEqual([404, 'BLOB_UNKNOWN']);
    }
    expect((await ask('HEAD', elsewhere)).status).toBe(404);
    const nowhere = await ask('GET', `/v2/${aRepository()}/blobs/${digestOf(bytes)}`);
    expect(refusal(nowhere)).toEqual([404, 'NAME_UNKNOWN']);
  });

  it('5.4-45 it is theirs as soon as its push is answered, before any manifest names it', async () => {
    const other = aRepository();
    const put = await ask('POST', `/v2/${other}/blobs/uploads/?digest=${digestOf(bytes)}`, {
      body: bytes,
    });
    expect(put.status).toBe(201);
    const { status, headers } = await ask('HEAD', put.headers.location ?? '');
    expect([status, headers['content-length']]).toEqual([200, '1000']);
  });
});

describe('a large blob', () => {
  const large = Buffer.alloc(48 * 1024 * 1024, 'slipway');
  const largePath = `/v2/${repository}/blobs/${digestOf(large)}`;
  const request = (headers = '') =>
    `GET ${largePath} HTTP/1.1\r\nHost: x\r\nAuthorization: ` +
    `${basic(server.slipway.username, server.slipway.password)}\r\n${headers}\r\n`;

  beforeAll(() => server.pushBlob(repository, large));

  const residentMegabytes = async (): Promise<number> => {
    const status = await readFile(`/proc/${server.slipway.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  };

  const openFiles = async (): Promise<number> =>
    (await readdir(`/proc/${server.slipway.pid}/fd`)).length;

  it('5.4-46 is read no faster than its clients read it', async () => {
    const before = await residentMegabytes();
    const slow = await Promise.all(
      Array.from({ length: 10 }, () => rawConnection(server.slipway.port)),
    );
    for (const connection of slow) {
      connection.pause();
      connection.send(request());
    }
    await sleep(1000);
    expect((await residentMegabytes()) - before).toBeLessThan(100);
    for (const connection of slow) connection.breakOff();
  });

  it('5.4-43 5.4-46 may be cut off in the middle by clients that have enough', async () => {
    const before = await openFiles();
    for (let round = 0; round < 10; round++) {
      const connections = await Promise.all(
        Array.from({ length: 5 }, () => rawConnection(server.slipway.port)),
      );
      for (const connection of connections) {
        connection.send(request('Range: bytes=1000-\r\n'));
        await connection.receives(/^HTTP\/1\.1 206 /);
        connection.breakOff();
      }
    }
    for (let tries = 0; (await openFiles()) > before && tries < 100; tries++) await sleep(20);
    expect(await openFiles()).toBeLessThanOrEqual(before);
    const whole = await ask('GET', largePath);
    expect(digestOf(whole.body)).toBe(digestOf(large));
  });

  it('5.4-47 is uploaded to the registry itself, whoever it is stored with', async () => {
    expect(await server.startUpload(repository)).toMatch(/^\/v2\//);
  });
});
