import type { AccessTokenRecord } from '@slipway/metadata';

type Action = 'pull' | 'push' | 'delete';

/** As it is shown; its scopes were checked when it was made. */
export function toAccessToken({ scopes, ...token }: AccessTokenRecord) {
  const shown = scopes?.map(({ repositories, actions }) => ({
    repositories,
    actions: actions as readonly Action[],
  }));
  return { ...token, scopes: shown };
}
