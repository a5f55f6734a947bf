import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type Finding, ill, well } from './finding.ts';

const CHECK = 'TLS certificate';
const DAY = 86_400_000;
const SOON = 14 * DAY;

/** The chain that is served, as PEM, to those who come to `host`; `undefined` when any name will do. */
export function checkTls(pem: string, host: string | undefined, now: number): Finding {
  const chain = certificatesIn(pem);
  const [own] = chain;
  if (own === undefined) {
    return ill(
      CHECK,
      'SLIPWAY_TLS_CERT holds none',
      'put the certificate and its chain there, as PEM',
    );
  }
  const left = Date.parse(own.validTo) - now;
  if (left < SOON) {
    return ill(
      CHECK,
      left < 0 ? `it expired on ${own.validTo}` : `it expires on ${own.validTo}`,
      'renew it and start the server again',
    );
  }
  if (host !== undefined && !isFor(own, host)) {
    return ill(
      CHECK,
      `it is for ${own.subjectAltName ?? own.subject}, and clients come to ${host}`,
      `have one made for ${host}, or set SLIPWAY_PUBLIC_URL to a name that it is for`,
    );
  }
  const broken = chain.findIndex((each, at) => {
    const issuer = chain[at + 1];
    return issuer !== undefined && !each.verify(issuer.publicKey);
  });
  if (broken >= 0) {
    return ill(
      CHECK,
      `certificate ${broken + 2} in the file did not sign the one before it`,
      "put the server's certificate first, then each one's issuer",
    );
  }
  const alone = chain.length === 1 && !own.verify(own.publicKey);
  return alone
    ? ill(
        CHECK,
        'the file holds no certificate of its issuer, so clients cannot follow the chain',
        'append the intermediate certificates to SLIPWAY_TLS_CERT',
      )
    : well(CHECK, `it is good until ${own.validTo}`);
}

/** A URL's host: an IPv6 address stands in brackets there. */
function isFor(certificate: X509Certificate, host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((text) => new X509Certificate(text));
}
