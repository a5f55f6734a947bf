import fc from 'fast-check';
import Fastify, { type FastifyInstance } from 'fastify';
import type { RegistryError } from '@slipway/registry';
import { nextLink, pageAsked } from './pagination.ts';

let app: FastifyInstance;
beforeAll(() => {
  app = Fastify();
  app.get('/list', (request) => {
    try {
      return pageAsked({ request });
    } catch (error) {
      return { refused: (error as RegistryError).reason };
    }
  });
});
afterAll(async () => app.close());

async function asked(query: string): Promise<unknown> {
  return (await app.inject(`/list?${query}`)).json();
}

describe('pageAsked', () => {
  it.each([
    ['', { limit: 10_000, after: '' }],
    ['n=5', { limit: 5, after: '' }],
    ['n=0', { limit: 0, after: '' }],
    ['n=5&last=v1.0', { limit: 5, after: 'v1.0' }],
    ['last=a%2Fb', { limit: 10_000, after: 'a/b' }],
    ['n=&last=', { limit: 10_000, after: '' }],
    ['n=3&n=4', { limit: 4, after: '' }],
    ['n=10001', { limit: 10_000, after: '' }],
    [`n=${'9'.repeat(400)}`, { limit: 10_000, after: '' }],
    ['last=%ff', { limit: 10_000, after: '%ff' }],
  ])('reads ?%s', async (query, page) => {
    expect(await asked(query)).toEqual(page);
  });

  it.each(['n=-1', 'n=a', 'n=1.5', 'n=1e3', 'n=%20', 'n=0x10', 'last=a%00', 'n=1%00'])(
    'refuses ?%s',
    async (query) => {
      expect(await asked(query)).toEqual({ refused: 'request-invalid' });
    },
  );
});

describe('nextLink', () => {
  it('is relative, and read back it asks for what it was given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (last) => {
        const link = nextLink('/v2/a/tags/list', { n: '5', last });
        const [, target = ''] = /^<([^<>" ]*)>; rel="next"$/.exec(link) ?? [];
        const url = new URL(target, 'http://localhost');
        expect(url.pathname).toBe('/v2/a/tags/list');
        expect([...url.searchParams]).toEqual([
          ['n', '5'],
          ['last', last],
        ]);
      }),
    );
  });
});
