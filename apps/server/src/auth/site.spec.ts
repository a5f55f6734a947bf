import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { Site } from './site.ts';

function aRequest(headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return request;
}

const site = new Site('https://registry.example.org', false);

describe('a site', () => {
  it('is for https alone when browsers come by it', () => {
    expect(site.secure).toBe(true);
    expect(new Site(undefined, true).secure).toBe(true);
    expect(new Site('http://registry.example.org', false).secure).toBe(false);
    expect(new Site(undefined, false).secure).toBe(false);
  });

  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://registry.example.org' }, false],
    [{ origin: 'https://registry.example.org' }, true],
    [{ origin: 'http://registry.example.org' }, false],
    [{ origin: 'https://registry.example.org:8443' }, false],
    [{ origin: 'https://registry.example.org.evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ referer: 'https://registry.example.org/' }, false],
    [{}, false],
  ])('%j was sent by a page of its own: %s', (headers, own) => {
    expect(site.isSentByOwnPage(aRequest({ host: 'registry.example.org', ...headers }))).toBe(own);
  });

  it('without a public URL is where the browser went', () => {
    const local = new Site(undefined, false);
    const asked = (origin: string) => aRequest({ host: 'localhost:5000', origin });
    expect(local.isSentByOwnPage(asked('http://localhost:5000'))).toBe(true);
    expect(local.isSentByOwnPage(asked('http://localhost:5001'))).toBe(false);
    expect(local.isSentByOwnPage(asked('http://127.0.0.1:5000'))).toBe(false);
  });

  it.each(['/', '/acme/web', '/a?b=c#d', '/a//b', '/%2f%2fevil.example'])(
    'has the path %s',
    (path) => {
      expect(site.ownPath(path)).toBe(path);
    },
  );

  it.each([
    '',
    'acme',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/a\\b',
    'https://evil.example',
    'https:/evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/a b',
    '/ä',
    `/${'a'.repeat(1024)}`,
  ])('sends nobody to %j', (path) => {
    expect(site.ownPath(path)).toBe('/');
  });

  it('sends nobody to another site, whatever the path', () => {
    const parts = fc.constantFrom(
      '/',
      '\\',
      'evil.example',
      ':',
      '@',
      '?',
      '#',
      '.',
      '\t',
      'https:',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string({ unit: 'binary' }))), (some) => {
        const there = new URL(site.ownPath(some.join('')), 'https://registry.example.org/sign-in');
        expect(there.origin).toBe('https://registry.example.org');
      }),
      { numRuns: 2000 },
    );
  });
});
