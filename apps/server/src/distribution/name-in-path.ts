/**
 * A repository's name may hold slashes, and words such as `manifests`, so a path is read from the right:
 * the longest name before one of the endpoints. `PATH` is greedy for that.
 */
const ENDPOINT = String.raw`manifests/[^/]+|referrers/[^/]+|tags/list|blobs/uploads/?|blobs/uploads/[^/]+/?|blobs/[^/]+`;
const PATH = new RegExp(String.raw`^/v2/(?<name>.+)/(?<endpoint>${ENDPOINT})$`);

/** What stands before the path of a request that is addressed to a proxy (RFC 9112 section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/]*(?=\/)/i;

/** Rewrites `/v2/a/b/tags/list` to `/v2/a%2Fb/tags/list`, so that the name is one segment for the router. */
export function encodeNameInPath(target: string): string {
  const url = target.replace(ORIGIN, '');
  if (!url.startsWith('/v2/')) return url;
  const queryAt = url.indexOf('?');
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  const { name, endpoint } = PATH.exec(path)?.groups ?? {};
  if (name === undefined || endpoint === undefined) return url;
  return `/v2/${name.replaceAll('/', '%2F')}/${endpoint}${queryAt < 0 ? '' : url.slice(queryAt)}`;
}
