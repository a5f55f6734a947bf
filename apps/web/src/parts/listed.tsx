import type { ReactNode } from 'react';
import { More } from './more.tsx';
import { Answered } from './states.tsx';

interface Pages<Item> {
  readonly items: readonly Item[] | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

/** The items of a list that comes in pages, with a way to the next; `empty` where there are none. */
export function Listed<Item>({
  of,
  empty,
  children,
}: {
  readonly of: Pages<Item>;
  readonly empty?: ReactNode;
  readonly children: (items: readonly Item[]) => ReactNode;
}) {
  return (
    <Answered of={{ ...of, data: of.items }}>
      {(items) =>
        items.length === 0 && empty !== undefined ? (
          empty
        ) : (
          <>
            {children(items)}
            <More of={of} />
          </>
        )
      }
    </Answered>
  );
}
