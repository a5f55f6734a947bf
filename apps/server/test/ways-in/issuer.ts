import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

/** What a token says; `undefined` takes a claim away that it would have. */
export type Said = Readonly<Record<string, unknown>>;

type Key = Awaited<ReturnType<typeof generateKeyPair>>;

/** An issuer of identity tokens on this machine, as GitHub's or a cluster's, whose keys can be changed. */
export interface Issuer {
  readonly url: string;
  /** The paths that it was asked for. */
  readonly asked: readonly string[];
  /** Signs with the newest key, an hour's life and a subject, unless the claims say otherwise. */
  readonly token: (claims?: Said, header?: Readonly<Record<string, string>>) => Promise<string>;
  /** The newest public key, as it publishes it. */
  readonly publicKey: () => JWK;
  /** A new key from now on; those before are published no more. */
  readonly rotate: (algorithm?: string) => Promise<void>;
  /** What it answers in place of what it should. */
  fault: ((response: ServerResponse, path: string) => void) | undefined;
  readonly close: () => Promise<void>;
}

export const AUDIENCE = 'https://registry.example.org';

export async function startIssuer(): Promise<Issuer> {
  const asked: string[] = [];
  let rotations = 0;
  let algorithm = 'ES256';
  let key: Key;
  let jwk: JWK;
  const rotate = async (next = 'ES256') => {
    algorithm = next;
    key = await generateKeyPair(algorithm);
    jwk = { ...(await exportJWK(key.publicKey)), kid: `key-${++rotations}`, use: 'sig' };
  };
  await rotate();

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (issuer.fault) issuer.fault(response, path);
    else if (path === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }));
    } else if (path === '/keys') response.end(JSON.stringify({ keys: [jwk] }));
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const issuer: Issuer = {
    url,
    asked,
    rotate,
    publicKey: () => jwk,
    token: async (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: url, aud: AUDIENCE, iat: now, nbf: now, exp: now + 3600, ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(all)) as JWTPayload)
        .setProtectedHeader({ alg: algorithm, kid: jwk.kid ?? '', ...header })
        .sign(key.privateKey);
    },
    fault: undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}
