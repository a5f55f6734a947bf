import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { type Finding, ill, well } from './finding.ts';

const CHECK = 'TLS chain';
const PATIENCE = 10_000;
const SOON = 14 * 86_400_000;

/**
 * The certificates that clients are shown at an https URL, judged as they judge them: by the authorities that this
 * machine knows, or by `authorities` alone. `undefined` when nobody answers there.
 */
export async function checkChain(
  publicUrl: string,
  now: number,
  authorities?: string,
): Promise<Finding | undefined> {
  const { hostname, port } = new URL(publicUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    ...(authorities !== undefined && { ca: authorities }),
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PATIENCE) });
    return judged(socket, host, now);
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

function judged(socket: TLSSocket, host: string, now: number): Finding {
  const { valid_to: end, subjectaltname: names } = socket.getPeerCertificate();
  const fault = socket.authorized ? undefined : codeOf(socket.authorizationError);
  switch (fault) {
    case undefined:
      return Date.parse(end) - now < SOON
        ? ill(CHECK, `it expires on ${end}`, 'renew the certificate where TLS ends')
        : well(CHECK, `clients at ${host} can follow it; it is good until ${end}`);
    case 'CERT_HAS_EXPIRED':
      return ill(CHECK, `it expired on ${end}`, 'renew the certificate where TLS ends');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return ill(
        CHECK,
        `the certificate is for ${names ?? 'no name'}, and clients come to ${host}`,
        `have one made for ${host}, or set SLIPWAY_PUBLIC_URL to a name that it is for`,
      );
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return ill(
        CHECK,
        'the certificate of its issuer is not sent, or no authority that this machine knows vouches for that',
        'where TLS ends, put the intermediate certificates behind its own; a private authority must be known to clients, and to this server by NODE_EXTRA_CA_CERTS',
      );
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return ill(
        CHECK,
        'nobody vouches for it whom this machine knows',
        'let every client know its authority, and this server by NODE_EXTRA_CA_CERTS; or have it made by a public one',
      );
    default:
      return ill(
        CHECK,
        `clients refuse it: ${fault}`,
        `see openssl s_client -showcerts -connect ${host}:${socket.remotePort ?? 443}`,
      );
  }
}

/** Node gives the error, whatever its types say. */
function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : String(error);
}
