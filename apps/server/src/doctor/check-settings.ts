import { isSafeUrl } from '../safe-url.ts';
import type { Settings } from '../settings.ts';
import { type Finding, ill, well } from './finding.ts';

const CHECK = 'settings';
/** In seconds: shorter than some pushes last. */
const HASTY = 3600;

/** Settings that are each right, but not together, or not for what clients will do. */
export function checkSettings(settings: Settings): readonly Finding[] {
  const found = [
    ...clearText(settings),
    ...unknownProxy(settings),
    ...hastyGarbage(settings),
    ...shortSessions(settings),
  ];
  return found.length > 0 ? found : [well(CHECK, 'they are complete and fit together')];
}

function clearText({ SLIPWAY_PUBLIC_URL: url }: Settings): readonly Finding[] {
  if (url === undefined || isSafeUrl(url)) return [];
  return [
    ill(
      CHECK,
      `passwords and tokens are sent to ${url} in the clear, and docker refuses that`,
      'serve HTTPS (SLIPWAY_TLS_CERT) or let a proxy do so, and set SLIPWAY_PUBLIC_URL to https://…',
    ),
  ];
}

function unknownProxy(settings: Settings): readonly Finding[] {
  const proxied =
    settings.SLIPWAY_PUBLIC_URL?.startsWith('https:') === true &&
    settings.SLIPWAY_TLS_CERT === undefined;
  if (!proxied || settings.SLIPWAY_TRUSTED_PROXIES !== undefined) return [];
  return [
    ill(
      CHECK,
      "a proxy ends TLS and is not trusted, so the audit log and the limits take its address for everybody's",
      'set SLIPWAY_TRUSTED_PROXIES to the addresses of the proxy',
    ),
  ];
}

function hastyGarbage({ SLIPWAY_GARBAGE_DELAY: delay }: Settings): readonly Finding[] {
  if (delay >= HASTY) return [];
  return [
    ill(
      CHECK,
      `a push that lasts longer than ${delay} s may find its first blobs collected as garbage`,
      'set SLIPWAY_GARBAGE_DELAY to an hour at least (86400 is a day)',
    ),
  ];
}

function shortSessions(settings: Settings): readonly Finding[] {
  const { SLIPWAY_SESSION_IDLE: idle, SLIPWAY_SESSION_LIFETIME: lifetime } = settings;
  if (idle <= lifetime) return [];
  return [
    ill(
      CHECK,
      `browsers are signed out after ${lifetime} s, before the ${idle} s without a request are over`,
      'set SLIPWAY_SESSION_LIFETIME above SLIPWAY_SESSION_IDLE',
    ),
  ];
}
