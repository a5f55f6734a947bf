import { lookup as systemLookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

/** How an attempt to tell somebody went. */
export interface Answer {
  readonly status: number | undefined;
  /** What was in the way of it, as a sentence; `undefined` when it was taken. */
  readonly error: string | undefined;
}

/** A request as a whole, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Sends a message to a receiver that somebody has named. It is never sent to an address that is not allowed: what
 * a name stands for is looked up once, all of it is checked, and the connection goes to what was checked. No
 * redirect is followed, and nothing of an answer is kept but its status.
 */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  isAllowed: (address: string) => boolean,
): Promise<Answer> {
  const to = new URL(url);
  const name = to.hostname.replace(/^\[|\]$/g, '');
  if (isIP(name) !== 0 && !isAllowed(name)) return { status: undefined, error: notAllowed(name) };
  return new Promise((resolve) => {
    const request = (to.protocol === 'https:' ? https : http).request(
      to,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        lookup: checked(isAllowed),
        signal: AbortSignal.timeout(PATIENCE),
      },
      (response) => {
        const { statusCode: status = 0 } = response;
        response.destroy();
        resolve({ status, error: status >= 200 && status < 300 ? undefined : answered(status) });
      },
    );
    request.on('error', (error) => {
      resolve({
        status: undefined,
        error:
          error.name === 'TimeoutError' || error.name === 'AbortError'
            ? `${to.host} did not answer within ${PATIENCE / 1000} s`
            : error.message,
      });
    });
    request.end(body);
  });
}

function checked(isAllowed: (address: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    systemLookup(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, [], 0);
        return;
      }
      const refused = addresses.find(({ address }) => !isAllowed(address));
      if (refused !== undefined) {
        callback(new Error(notAllowed(refused.address)), [], 0);
        return;
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family);
    });
  };
}

function notAllowed(address: string): string {
  return `webhooks are not sent to ${address}: it is no public address, and SLIPWAY_WEBHOOK_NETWORKS does not name it`;
}

function answered(status: number): string {
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return `it was answered with ${status}${redirect}`;
}
