import type { Server } from './server.ts';
import type { Settings } from './settings.ts';

/** What a person reads once the registry serves. */
export function welcome(
  server: Pick<Server, 'url' | 'generatedPassword'>,
  settings: Settings,
): string {
  const url = settings.SLIPWAY_PUBLIC_URL ?? server.url;
  const host = clientHost(url);
  const username = settings.SLIPWAY_ADMIN_USERNAME;
  const password =
    server.generatedPassword === undefined
      ? '(the one you have; SLIPWAY_ADMIN_PASSWORD sets a new one)'
      : `${server.generatedPassword}   (shown only now: keep it)`;
  return `
Slipway serves at ${url}

  administrator  ${username}
  password       ${password}

Try it with any image that you have:

  docker login ${host} --username ${username}
  docker tag hello-world ${host}/demo/hello-world
  docker push ${host}/demo/hello-world

`;
}

/** Docker trusts loopback without TLS under either spelling; people know this one. */
function clientHost(url: string): string {
  const { host } = new URL(url);
  return host.replace(/^(?:127\.0\.0\.1|\[::1\])/, 'localhost');
}
