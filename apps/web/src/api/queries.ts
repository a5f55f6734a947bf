import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { type Answer, ask, type Asking, type Name, Refusal } from './ask.ts';

/** Answers that are remembered, until they are old or news says that they no longer hold. */
export const remembered = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What was refused is refused again; what did not answer may.
      retry: (failures, error) =>
        error instanceof Refusal && (error.status === 0 || error.status >= 500) && failures < 2,
    },
  },
});

interface Asked<Data> {
  readonly enabled?: boolean;
  /** Whether an answer is to be asked for again in a moment: what it tells of is still being made. */
  readonly unfinished?: (answer: Data) => boolean;
}

const MOMENT = 1000;

/** The answer of an endpoint; while another is on its way, the last one stays. */
export function useAnswer<N extends Name>(
  name: N,
  asking: Asking<N> = {},
  { enabled = true, unfinished = () => false }: Asked<Answer<N>> = {},
) {
  return useQuery<Answer<N>>({
    queryKey: [name, asking],
    queryFn: async ({ signal }) => ask(name, asking, signal),
    placeholderData: keepPreviousData,
    enabled,
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && unfinished(data) ? MOMENT : false,
  });
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string | undefined;
}
type ItemOf<N extends Name> = Answer<N> extends Page<infer Item> ? Item : never;

/** The items of a list that comes in pages, one after the other. */
export function usePages<N extends Name>(
  name: N,
  asking: Asking<N> = {},
  { enabled = true, unfinished = () => false }: Asked<Answer<N>> = {},
) {
  const pages = useInfiniteQuery({
    queryKey: [name, asking, 'pages'],
    queryFn: async ({ pageParam, signal }) =>
      (await ask(
        name,
        { ...asking, query: { ...asking.query, after: pageParam } },
        signal,
      )) as unknown as Page<ItemOf<N>> & Answer<N>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
    enabled,
    refetchInterval: ({ state: { data } }) =>
      data?.pages[0] !== undefined && unfinished(data.pages[0]) ? MOMENT : false,
  });
  const first = pages.data?.pages[0];
  return { ...pages, first, items: pages.data?.pages.flatMap(({ items }) => items) };
}

/** Asks for a change; then all that may have changed is asked for anew. */
export function useChange<N extends Name>(name: N) {
  const client = useQueryClient();
  return useMutation<Answer<N>, Error, Asking<N>>({
    mutationFn: async (asking) => ask(name, asking),
    onSuccess: async () => client.invalidateQueries(),
  });
}
