import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { bearerChallenge, tokenRealm } from './challenge.ts';

/** A request that names `host` and came in at an address of ours. */
function aRequest(host: string | undefined, localAddress = '10.0.0.7', localPort = 5000) {
  const socket = Object.defineProperties(new Socket(), {
    localAddress: { value: localAddress },
    localPort: { value: localPort },
  });
  const request = new IncomingMessage(socket);
  if (host !== undefined) request.headers.host = host;
  return request;
}
const realmFor = (host: string | undefined) => tokenRealm(undefined, aRequest(host), false);

describe('bearerChallenge', () => {
  it('says where tokens are had', () => {
    expect(bearerChallenge('https://example.org/token', undefined, undefined)).toBe(
      'Bearer realm="https://example.org/token",service="slipway"',
    );
  });

  it('says what to ask for, and why a token did not do', () => {
    const bearer = bearerChallenge(
      'https://example.org/token',
      'repository:a/b:pull,push',
      'insufficient_scope',
    );
    expect(bearer).toBe(
      'Bearer realm="https://example.org/token",service="slipway",scope="repository:a/b:pull,push",error="insufficient_scope"',
    );
  });

  it('says in words why not, in the characters that RFC 6750 permits', () => {
    const bearer = bearerChallenge('r', undefined, 'insufficient_scope', 'no "a\\b" for ä\r\nX: y');
    expect(bearer).toMatch(/,error_description="no 'a'b' for '''X: y"$/);
  });
});

describe('tokenRealm', () => {
  it('is under the public URL when there is one, whatever host was asked for', () => {
    const request = aRequest('elsewhere.example.org');
    expect(tokenRealm('https://registry.example.org', request, false)).toBe(
      'https://registry.example.org/token',
    );
  });

  it.each([
    'localhost:5000',
    '127.0.0.1:5000',
    'registry.example.org',
    'registry_1:80',
    '[::1]:5000',
    '[fe80::1]',
  ])('is under the host that the client asked for: %s', (host) => {
    expect(realmFor(host)).toBe(`http://${host}/token`);
  });

  it('is https where the registry itself speaks TLS', () => {
    expect(tokenRealm(undefined, aRequest('localhost:5000'), true)).toBe(
      'https://localhost:5000/token',
    );
  });

  it.each([
    undefined,
    '',
    'evil.example.org/path',
    'user@evil.example.org',
    'a"b',
    'a",realm="https://evil.example.org',
    'a\r\nX-Header: b',
    'a b',
    'a:5000:6000',
    'a:port',
    'a?b',
    'a#b',
    'a\\b',
    '[::1',
    '<script>',
    'é',
  ])('is the address the request came in at when the host is %j', (host) => {
    expect(realmFor(host)).toBe('http://10.0.0.7:5000/token');
  });

  it('writes an IPv6 address of ours in brackets', () => {
    expect(tokenRealm(undefined, aRequest('', '::1', 80), false)).toBe('http://[::1]:80/token');
  });

  it('never lets a Host header out of the quotes around the realm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (host) => {
        const bearer = bearerChallenge(realmFor(host), undefined, undefined);
        expect(bearer).toMatch(/^Bearer realm="http:\/\/[^"\s/?#@\\]+\/token",service="slipway"$/);
      }),
      { numRuns: 1000 },
    );
  });
});
