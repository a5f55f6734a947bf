const FORM = /^(?<scheme>postgres(?:ql)?:\/\/)(?<user>[^/?]*@)?(?<hosts>[^/?@]*)(?<rest>.*)$/;

/** What libpq would be told to look for: a server that takes writes, which is what is looked for here. */
const WANTED = /^(read-write|primary)$/;

/**
 * A URL for each server of `postgres://user:password@one:5432,two:5432/database?target_session_attrs=read-write`, as
 * libpq reads it; `undefined` when it is no such URL.
 */
export function databaseUrls(text: string): readonly string[] | undefined {
  const { scheme = '', user = '', hosts, rest = '' } = FORM.exec(text)?.groups ?? {};
  if (hosts === undefined) return undefined;
  const urls = hosts.split(',').map((host) => `${scheme}${user}${host}${rest}`);
  if (hosts.includes(',') && !hosts.split(',').every((host) => host !== '')) return undefined;
  if (!urls.every((url) => URL.canParse(url))) return undefined;
  return urls.every(isForWrites) ? urls.map(withoutWanted) : undefined;
}

const PARAMETER = 'target_session_attrs';

function isForWrites(url: string): boolean {
  const wanted = new URL(url).searchParams.get(PARAMETER);
  return wanted === null || WANTED.test(wanted);
}

function withoutWanted(url: string): string {
  const [path = '', query] = url.split('?');
  const left = query?.split('&').filter((pair) => !pair.startsWith(`${PARAMETER}=`)) ?? [];
  return left.length === 0 ? path : `${path}?${left.join('&')}`;
}
