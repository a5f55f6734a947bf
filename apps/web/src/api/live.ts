import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

interface Happening {
  readonly type: string;
  readonly repository: string;
}

const TYPES = ['push', 'delete', 'restore', 'retention', 'change'] as const;

/** Lists of repositories; all else that news may concern names its repository. */
const LISTS = new Set([
  'listRepositories',
  'latestTags',
  'showQuota',
  'listTrashIn',
  'listAllTrash',
]);

/**
 * While the page is looked at, what it shows of a repository is asked for anew when something happens there that
 * `visitor` may know of: '' for nobody that is known, `undefined` before it is.
 */
export function useLive(visitor: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (visitor === undefined) return;
    let source: EventSource | undefined;
    const tell = ({ data }: MessageEvent<string>) => {
      void stale(client, JSON.parse(data) as Happening);
    };
    const listen = () => {
      source = new EventSource('/api/v1/events');
      for (const type of TYPES) source.addEventListener(type, tell);
    };
    const look = () => {
      if (document.hidden) {
        source?.close();
        source = undefined;
      } else if (source === undefined) {
        listen();
        void client.invalidateQueries();
      }
    };
    listen();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      source?.close();
    };
  }, [client, visitor]);
}

async function stale(client: QueryClient, { repository }: Happening): Promise<void> {
  await client.invalidateQueries({
    predicate: ({ queryKey: [name, asking] }) =>
      LISTS.has(String(name)) || repositoryOf(asking) === repository,
  });
}

function repositoryOf(asking: unknown): unknown {
  const { parameters } = (asking ?? {}) as { readonly parameters?: { repository?: unknown } };
  return parameters?.repository;
}
