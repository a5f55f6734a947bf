import type { IncomingMessage } from 'node:http';
import { originAsked } from './site.ts';
import { SERVICE } from './tokens.ts';

/** Path of the token endpoint. */
export const TOKEN_PATH = '/token';

/** Why a token that was sent did not do (RFC 6750 section 3.1); clients fetch a new one and try once more. */
export type BearerError = 'invalid_token' | 'insufficient_scope';

/**
 * The value of `WWW-Authenticate`. Bearer alone, though Basic is taken too by whoever sends it unasked:
 * docker answers every challenge it gets, and after a login that brought a refresh token it has no
 * password to answer a Basic one with. It shows the description to people in place of the body's message.
 */
export function bearerChallenge(
  realm: string,
  scope: string | undefined,
  error: BearerError | undefined,
  description?: string,
): string {
  const parameters = [
    `realm="${realm}"`,
    `service="${SERVICE}"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(description === undefined ? [] : [`error_description="${quotable(description)}"`]),
  ];
  return `Bearer ${parameters.join(',')}`;
}

/** The characters that RFC 6750 section 3 permits in a description. */
function quotable(text: string): string {
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'");
}

/**
 * Where tokens are had: under the public URL, or, when none is set, under the host that the client asked
 * for, so that `localhost:5000` and `127.0.0.1:5000` each get their own back (clients refuse others).
 */
export function tokenRealm(
  publicUrl: string | undefined,
  request: IncomingMessage,
  secure: boolean,
): string {
  return (publicUrl ?? originAsked(request, secure)) + TOKEN_PATH;
}
