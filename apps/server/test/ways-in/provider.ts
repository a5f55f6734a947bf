import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export interface Person {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly email?: string;
  readonly name?: string;
  readonly groups?: readonly string[];
}

/** An OpenID Connect provider on this machine that signs in, without asking, whoever it is told to. */
export interface TestProvider {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who sits before the browser; `undefined` is somebody who refuses. */
  person: Person | undefined;
  /** The redirect address that it lets the registry use. */
  register: (redirectUri: string) => void;
  readonly stop: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

export async function startProvider(): Promise<TestProvider> {
  const people = new Map<string, Person>();
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'provider', use: 'sig', alg: 'RS256' };
  const clientId = 'slipway';
  const clientSecret = 'the secret of the registry at the provider';
  let callback: ReturnType<Provider['callback']> | undefined;
  let provider: Provider | undefined;

  const newServer = () =>
    createServer((request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) {
        void callback?.(request, response);
        return;
      }
      const { person } = self;
      if (person !== undefined) people.set(person.sub, person);
      const result =
        person === undefined
          ? { error: 'access_denied' }
          : { login: { accountId: person.sub, remember: false } };
      void provider?.interactionFinished(request, response, result, {
        mergeWithLastSubmission: false,
      });
    });
  let server = newServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const register = (redirectUri: string) => {
    // It warns that it keeps everything in memory, as it should here.
    const { warn } = console;
    console.warn = () => undefined;
    provider = new Provider(url, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
        },
      ],
      claims: {
        openid: ['sub'],
        profile: ['name', 'preferred_username', 'groups'],
        email: ['email'],
      },
      cookies: { keys: ['a key of the provider'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_context, sub) => ({
        accountId: sub,
        claims: () => ({ ...people.get(sub), sub }),
      }),
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      jwks: { keys: [jwk] },
      // Nobody is asked whether the registry may know who they are.
      loadExistingGrant: async (context) => {
        const grant = new context.oidc.provider.Grant({
          clientId,
          ...(context.oidc.account && { accountId: context.oidc.account.accountId }),
        });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
      ttl: { AccessToken: 600, IdToken: 600, Grant: 600, Interaction: 600, Session: 600 },
    });
    console.warn = warn;
    callback = provider.callback();
  };

  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  const self: TestProvider = {
    url,
    clientId,
    clientSecret,
    person: undefined,
    register,
    stop,
    restart: async () => {
      server = newServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
  return self;
}
