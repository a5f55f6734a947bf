import type { Contender } from '../contenders/contender.ts';
import { RepositoryClient } from '../load/repository-client.ts';
import { sendRequests } from '../load/requests.ts';

/** Milliseconds that one page takes, on one connection, on average over a while. */
export async function timeOfPage(
  contender: Contender,
  path: string,
  scope: string,
  atMost: number,
): Promise<number> {
  const { requests, seconds } = await sendRequests({
    url: `${contender.url}${path}`,
    method: 'GET',
    headers: { authorization: await contender.authorize(scope) },
    connections: 1,
    seconds: atMost,
  });
  return (seconds * 1000) / requests;
}

/** Milliseconds to walk a whole list from page to page; that the list is complete is checked. */
export async function timeOfWalk(
  contender: Contender,
  list: {
    readonly path: string;
    readonly scope: string;
    readonly field: 'tags' | 'repositories';
    readonly entries: number;
  },
): Promise<number> {
  const client = new RepositoryClient(contender, '', { scope: list.scope });
  const started = performance.now();
  let entries = 0;
  for (let path: string | undefined = list.path; path !== undefined;) {
    const { headers, body } = await client.ask({ method: 'GET', path }, [200]);
    entries += (JSON.parse(body.toString()) as Record<string, unknown[]>)[list.field]?.length ?? 0;
    path = /<([^>]+)>; *rel="?next"?/.exec(headers.link?.toString() ?? '')?.[1];
  }
  const took = performance.now() - started;
  client.close();
  if (entries === list.entries) return took;
  throw new Error(
    `${contender.name} lists ${entries} ${list.field} at ${list.path}, not ${list.entries}`,
  );
}
