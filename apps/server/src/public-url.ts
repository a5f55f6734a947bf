import type { Logger } from 'pino';
import { TOKEN_PATH } from './auth/challenge.ts';

/**
 * Asks the registry under its public URL for its challenge, as a client would. A proxy that is set up
 * wrong shows here, at the start, and not in the middle of somebody's push.
 */
export async function checkPublicUrl(publicUrl: string | undefined, log: Logger): Promise<void> {
  if (publicUrl === undefined) return;
  const fault = await publicUrlFault(publicUrl);
  if (fault === undefined) log.info(`clients reach this registry at ${publicUrl}`);
  else
    log.warn(
      `SLIPWAY_PUBLIC_URL is ${publicUrl}, but ${fault}; clients may fail to sign in or to push`,
    );
}

/** Why clients do not reach this registry at that URL; `undefined` when they do. */
export async function publicUrlFault(publicUrl: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${publicUrl}/v2/`, {
      signal: AbortSignal.timeout(10_000),
      redirect: 'manual',
    });
    const challenge = answer.headers.get('www-authenticate') ?? '';
    if (answer.status !== 401)
      return `${publicUrl}/v2/ answers ${answer.status} instead of a registry's 401`;
    if (!challenge.includes(`realm="${publicUrl}${TOKEN_PATH}"`))
      return 'another registry answers there';
    return undefined;
  } catch (error) {
    return `${publicUrl}/v2/ cannot be reached: ${reasonOf(error)}`;
  }
}

/** `fetch` says why in its error's cause; of several addresses that all failed, that has a code alone. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Partial<NodeJS.ErrnoException> };
  return [cause?.message, cause?.code, message].find((text) => text) ?? 'for no known reason';
}
