import fc from 'fast-check';
import { encodeNameInPath } from './name-in-path.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ENDPOINTS = [
  'manifests/latest',
  `manifests/${DIGEST}`,
  `blobs/${DIGEST}`,
  'blobs/uploads',
  'blobs/uploads/',
  'blobs/uploads/0b6e7f0e-3c5c-4b5e-9a63-0d3c1c0f9f11',
  'blobs/uploads/0b6e7f0e-3c5c-4b5e-9a63-0d3c1c0f9f11/',
  'tags/list',
  `referrers/${DIGEST}`,
];
const encoded = (name: string) => name.replaceAll('/', '%2F');

describe('encodeNameInPath', () => {
  it.each([
    ['one component', 'demo'],
    ['three components', 'a/b/c'],
    ['85 components', Array.from({ length: 85 }, () => 'ab').join('/')],
    ['the words of an endpoint', 'manifests/latest'],
    ['the words of several', 'a/blobs/uploads/tags/list/manifests/v1/referrers/x'],
    ['an endpoint at its end', 'a/tags/list'],
    ['a component called v2', 'v2'],
  ])('makes one segment of a name of %s', (_, name) => {
    for (const endpoint of ENDPOINTS) {
      expect(encodeNameInPath(`/v2/${name}/${endpoint}`)).toBe(`/v2/${encoded(name)}/${endpoint}`);
    }
  });

  it('reads names of any components before any endpoint', () => {
    const component = fc.oneof(
      fc.stringMatching(/^[a-z0-9]{1,5}$/),
      fc.constantFrom('manifests', 'blobs', 'uploads', 'tags', 'list', 'referrers'),
    );
    fc.assert(
      fc.property(
        fc.array(component, { minLength: 1, maxLength: 10 }),
        fc.constantFrom('manifests/v1', `blobs/${DIGEST}`, 'tags/list', `referrers/${DIGEST}`),
        (components, endpoint) => {
          const name = components.join('/');
          expect(encodeNameInPath(`/v2/${name}/${endpoint}`)).toBe(
            `/v2/${components.join('%2F')}/${endpoint}`,
          );
        },
      ),
    );
  });

  it('leaves the query as it is, slashes and endpoints in it too', () => {
    const query = '?mount=sha256:a&from=c/d&x=/v2/e/f/tags/list?g';
    expect(encodeNameInPath(`/v2/a/b/blobs/uploads/${query}`)).toBe(
      `/v2/a%2Fb/blobs/uploads/${query}`,
    );
    expect(encodeNameInPath(`/v2/a/b?/tags/list`)).toBe('/v2/a/b?/tags/list');
  });

  it.each([
    '/',
    '/v2',
    '/v2/',
    '/v2/_catalog',
    '/v2/_catalog?n=5',
    '/token?scope=repository:a/b:pull',
    '/healthz',
    '/v2/manifests/latest',
    '/v2//manifests',
    '/v3/a/b/tags/list',
    '/v2/a/b/tags/list/more',
    '/v2/a/b/tags/lists',
    '/v2/a/b/blobs/',
    '/v2/a/b/manifests/',
    '*',
    '',
  ])('leaves %j alone', (url) => {
    expect(encodeNameInPath(url)).toBe(url);
  });

  it('leaves what a client has encoded as it is, so that it is decoded and judged once', () => {
    expect(encodeNameInPath('/v2/a%2Fb/tags/list')).toBe('/v2/a%2Fb/tags/list');
    expect(encodeNameInPath('/v2/a%2fb/c/tags/list')).toBe('/v2/a%2fb%2Fc/tags/list');
    expect(encodeNameInPath('/v2/%2e%2e%2f/x/manifests/v1')).toBe('/v2/%2e%2e%2f%2Fx/manifests/v1');
  });

  it('reads the path of a request that is written as to a proxy', () => {
    expect(encodeNameInPath('http://example.org:5000/v2/a/b/tags/list?n=1')).toBe(
      '/v2/a%2Fb/tags/list?n=1',
    );
    expect(encodeNameInPath('HTTPS://example.org/token')).toBe('/token');
    expect(encodeNameInPath('/v2/a/http://example.org/tags/list')).toBe(
      '/v2/a%2Fhttp:%2F%2Fexample.org/tags/list',
    );
  });

  it('adds nothing but encoded slashes, whatever the path', () => {
    const path = fc
      .array(
        fc.constantFrom('/', 'v2', 'a', 'manifests', 'blobs', 'uploads', 'tags', 'list', '?', '%'),
      )
      .map((parts) => `/v2/${parts.join('')}`);
    fc.assert(
      fc.property(path, (url) => {
        expect(encodeNameInPath(url).replaceAll('%2F', '/')).toBe(url);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['slashes', '/'.repeat(16_000)],
    ['one word', '/manifests'.repeat(1600)],
    ['two words', '/blobs/uploads'.repeat(1100)],
    ['an endpoint and a bad end', `${'/tags/list'.repeat(1600)}/x`],
    ['letters', 'a'.repeat(16_000)],
  ])('reads 16 kB of %s at once', (_, path) => {
    const begun = process.cpuUsage();
    for (let round = 0; round < 100; round++) encodeNameInPath(`/v2/${path}`);
    const { user } = process.cpuUsage(begun);
    expect(user / 100).toBeLessThan(20_000);
  });
});
