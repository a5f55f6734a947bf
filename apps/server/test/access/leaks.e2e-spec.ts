import { testDatabase, type TestDatabase } from '@slipway/metadata/testing';
import { digestOf, someBytes } from '../protocol/content.ts';
import { type Answer, type Question } from '../protocol/exchange.ts';
import { urlOf } from '../protocol/postgres-url.ts';
import { basic, suiteServer } from '../protocol/suite-server.ts';
import { PASSWORD, Tenancy } from './tenancy.ts';

/** One letter apart, so that all that is not the name itself must be the same. */
const THERE = 'acme/seen';
const NOWHERE = 'acme/none';

let database: TestDatabase;
let tenancy: Tenancy;
const server = suiteServer(async () => {
  database = await testDatabase();
  tenancy = new Tenancy(database);
  return {
    env: {
      SLIPWAY_DATABASE_URL: urlOf(database.connection),
      SLIPWAY_TOKEN_RATE: '0',
      SLIPWAY_ANONYMOUS_TOKEN_RATE: '0',
    },
  };
});
afterAll(() => database.drop());

let image: Awaited<ReturnType<typeof server.pushImage>>;
let upload: string;
/** Who may not know of `THERE`, and how they show who they are. */
const strangers = new Map<string, string | undefined>();

async function tokenOf(authorization: string | undefined, scope: string): Promise<string> {
  const answer = await server.askAsNobody('GET', `/token?scope=${encodeURIComponent(scope)}`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  return `Bearer ${(answer.json() as { token: string }).token}`;
}

beforeAll(async () => {
  const acme = await tenancy.organisation('acme');
  await tenancy.person('eve');
  const mia = await tenancy.person('mia');
  await tenancy.member(acme, mia, 'member');
  const robot = await tenancy.robot(acme, 'ci');
  await tenancy.grant(acme, 'other-*', 'admin', 'robot_id', robot);
  image = await server.pushImage(THERE, 'v1');
  await server.pushImage(THERE, 'referrer', { subject: image });
  upload = (await server.startUpload(THERE)).split('/').at(-1) ?? '';
  const robotToken = (await tenancy.token('robot_id', robot)).secret;
  const both = `repository:${THERE}:pull,push,delete repository:${NOWHERE}:pull,push,delete`;
  for (const [who, authorization] of [
    ['nobody', undefined],
    ['a stranger', basic('eve', PASSWORD)],
    ['a member without a role', basic('mia', PASSWORD)],
    ['a robot with a role elsewhere', basic('acme+ci', robotToken)],
  ] as const) {
    strangers.set(who, authorization);
    strangers.set(`the registry token of ${who}`, await tokenOf(authorization, both));
  }
});

/** All of an answer, but for the time, which goes on, and for what is random or counted in every one. */
function whole({ status, headers, body }: Answer, name: string): string {
  const same = { ...headers, date: undefined, ratelimit: undefined, 'x-request-id': undefined };
  return JSON.stringify([status, same, body.toString('latin1')]).replaceAll(name, '<name>');
}

const NOBODY_HAS = digestOf('nobody has this');

const REQUESTS: readonly (readonly [
  what: string,
  method: string,
  there: () => string,
  nowhere: string,
  question?: Question,
])[] = [
  ['a tag', 'GET', () => 'manifests/v1', 'manifests/v1'],
  ['a tag', 'HEAD', () => 'manifests/v1', 'manifests/v1'],
  ['a manifest', 'GET', () => `manifests/${image.digest}`, `manifests/${NOBODY_HAS}`],
  ['a manifest', 'HEAD', () => `manifests/${image.digest}`, `manifests/${NOBODY_HAS}`],
  ['a blob', 'GET', () => `blobs/${image.layer.digest}`, `blobs/${NOBODY_HAS}`],
  ['a blob', 'HEAD', () => `blobs/${image.layer.digest}`, `blobs/${NOBODY_HAS}`],
  ['referrers', 'GET', () => `referrers/${image.digest}`, `referrers/${NOBODY_HAS}`],
  ['tags', 'GET', () => 'tags/list', 'tags/list'],
  ['tags', 'GET', () => 'tags/list?n=1', 'tags/list?n=1'],
  ['a new upload', 'POST', () => 'blobs/uploads/', 'blobs/uploads/'],
  [
    'a mount',
    'POST',
    () => `blobs/uploads/?mount=${image.layer.digest}&from=${THERE}`,
    `blobs/uploads/?mount=${NOBODY_HAS}&from=${THERE}`,
  ],
  ['an upload', 'GET', () => `blobs/uploads/${upload}`, `blobs/uploads/${fresh()}`],
  [
    'an upload',
    'PATCH',
    () => `blobs/uploads/${upload}`,
    `blobs/uploads/${fresh()}`,
    { body: 'a' },
  ],
  [
    'an upload',
    'PUT',
    () => `blobs/uploads/${upload}?digest=${digestOf('')}`,
    `blobs/uploads/${fresh()}?digest=${digestOf('')}`,
  ],
  ['an upload', 'DELETE', () => `blobs/uploads/${upload}`, `blobs/uploads/${fresh()}`],
  ['a push', 'PUT', () => 'manifests/v1', 'manifests/v1', { body: '{}' }],
  ['a push', 'PUT', () => 'manifests/v1', 'manifests/v1', { headers: { 'if-none-match': '*' } }],
  ['a deletion', 'DELETE', () => `manifests/${image.digest}`, `manifests/${NOBODY_HAS}`],
  ['a deletion', 'DELETE', () => 'manifests/v1', 'manifests/v1'],
  ['a deletion', 'DELETE', () => `blobs/${image.layer.digest}`, `blobs/${NOBODY_HAS}`],
];

function fresh(): string {
  return '00000000-0000-4000-8000-000000000000';
}

describe('another tenant’s repository', () => {
  test.each(REQUESTS.map(([what, method], n) => [what, method, n] as const))(
    'has %s (%s) that is told from none by nobody who may not see it (%i)',
    async (_what, method, n) => {
      const [, , there, nowhere, question = {}] = REQUESTS[n] ?? ['', '', () => '', ''];
      for (const [who, authorization] of strangers) {
        const headers = {
          ...question.headers,
          ...(authorization !== undefined && { authorization }),
        };
        const ask = async (path: string, name: string) =>
          whole(await server.askAsNobody(method, path, { ...question, headers }), name);
        const seen = await ask(`/v2/${THERE}/${there()}`, THERE);
        const none = await ask(`/v2/${NOWHERE}/${nowhere.replace(THERE, NOWHERE)}`, NOWHERE);
        expect([who, seen]).toEqual([who, none]);
        expect(seen).toMatch(/^\[40[13],/);
        // What is there, asked for as what is not, and the other way round: the path alone decides nothing.
        expect(await ask(`/v2/${THERE}/${nowhere}`, THERE)).toBe(none);
      }
    },
  );

  test('gets the same grant, of nothing, as one that is not there', async () => {
    for (const [who, authorization] of strangers) {
      const access = async (name: string) => {
        const token = await tokenOf(authorization, `repository:${name}:pull,push,delete,*`);
        const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
        return (JSON.parse(claims) as { access: unknown }).access;
      };
      expect([who, await access(THERE)]).toEqual([who, []]);
      expect([who, await access(NOWHERE)]).toEqual([who, []]);
    }
  });

  test('is in no page of the catalog of who may not pull it', async () => {
    for (const authorization of [basic('eve', PASSWORD), basic('mia', PASSWORD)]) {
      for (const query of ['', '?n=1', '?last=acme/sed', '?n=1000&last=a']) {
        const headers = { authorization };
        const { body, headers: told } = await server.askAsNobody('GET', `/v2/_catalog${query}`, {
          headers,
        });
        expect(body.toString()).not.toContain('acme');
        expect(told.link).toBeUndefined();
      }
    }
  });

  test('is no source to mount from, whether it is named or not, and whether it has the blob or not', async () => {
    const authorization = basic('eve', PASSWORD);
    const answers = new Set<string>();
    for (const query of [
      `?mount=${image.layer.digest}&from=${THERE}`,
      `?mount=${image.layer.digest}&from=${NOWHERE}`,
      `?mount=${image.layer.digest}`,
      `?mount=${NOBODY_HAS}&from=${THERE}`,
      `?mount=${NOBODY_HAS}`,
    ]) {
      const path = `/v2/eve/own/blobs/uploads/${query}`;
      const answer = await server.askAsNobody('POST', path, { headers: { authorization } });
      expect(answer.status).toBe(202);
      const session = answer.headers['docker-upload-uuid'] ?? 'none';
      answers.add(whole(answer, session));
    }
    expect(answers.size).toBe(1);
  });

  test('is not told from none by what a push to one’s own says of its blobs', async () => {
    const authorization = basic('eve', PASSWORD);
    const push = async (digest: string) => {
      const config = await pushBlobAsEve();
      const body = JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 4 },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 100 }],
      });
      return server.askAsNobody('PUT', '/v2/eve/own/manifests/v1', {
        headers: { authorization, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
        body,
      });
    };
    const pushBlobAsEve = async () => {
      const bytes = someBytes(4);
      const path = `/v2/eve/own/blobs/uploads/?digest=${digestOf(bytes)}`;
      await server.askAsNobody('POST', path, { headers: { authorization }, body: bytes });
      return digestOf(bytes);
    };
    const [known, unknown] = [await push(image.layer.digest), await push(NOBODY_HAS)];

    expect(known.status).toBe(400);
    expect(whole(known, image.layer.digest)).toBe(whole(unknown, NOBODY_HAS));
  });

  test('is denied in the same time as one that is not there', async () => {
    const headers = { authorization: basic('eve', PASSWORD) };
    const take = async (name: string) => {
      const begun = performance.now();
      await server.askAsNobody('GET', `/v2/${name}/manifests/v1`, { headers });
      return performance.now() - begun;
    };
    expect(
      await isSlower(
        () => take(THERE),
        () => take(NOWHERE),
      ),
    ).toBe(false);
  });
});

test('a wrong password takes as long for a name that nobody has', async () => {
  let n = 0;
  // A name of its own each time: what is counted for a name must not get in the way.
  const names = Array.from({ length: 40 }, (_, at) => `person-${at}`);
  for (const name of names.filter((_, at) => at % 2 === 0)) await tenancy.person(name);
  const take = async (known: boolean) => {
    const name = `person-${2 * (n++ % 20) + (known ? 0 : 1)}`;
    const begun = performance.now();
    const { status } = await server.askAsNobody('GET', '/token', {
      headers: { authorization: basic(name, `guess ${n}`) },
    });
    expect([401, 429]).toContain(status);
    return status === 401 ? performance.now() - begun : undefined;
  };
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let round = 0; round < 20; round++) {
    times.known.push(...present(await take(true)));
    times.unknown.push(...present(await take(false)));
  }
  expect(times.known.length).toBeGreaterThan(10);
  // Hashing takes tens of milliseconds; without it, one would be many times as fast as the other.
  const ratio = median(times.known) / median(times.unknown);
  expect(ratio).toBeGreaterThan(1 / 3);
  expect(ratio).toBeLessThan(3);
});

function present(value: number | undefined): number[] {
  return value === undefined ? [] : [value];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Asked in turn, so that what else the machine does disturbs both: whether one takes twice the other's time. */
async function isSlower(
  one: () => Promise<number>,
  other: () => Promise<number>,
): Promise<boolean> {
  const times = { one: [] as number[], other: [] as number[] };
  for (let round = 0; round < 200; round++) {
    times.one.push(await one());
    times.other.push(await other());
  }
  const ratio = median(times.one) / median(times.other);
  return ratio > 2 || ratio < 0.5;
}
