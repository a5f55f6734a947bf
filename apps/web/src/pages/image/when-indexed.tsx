import type { ReactNode } from 'react';
import { Answered, Notice } from '../../parts/states.tsx';

interface Indexing {
  readonly state: 'indexing' | 'indexed' | 'refused';
  readonly layers: number;
  readonly layersIndexed: number;
  readonly problem?: string | undefined;
}

export const isIndexing = ({ state }: Indexing) => state === 'indexing';

interface Asked {
  readonly first?: Indexing | undefined;
  readonly data?: unknown;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** The files of an image, once its layers have been read; how far that is, or why they cannot be. */
export function WhenIndexed({
  of,
  children,
}: {
  readonly of: Asked;
  readonly children: ReactNode;
}) {
  return (
    <Answered of={{ ...of, data: of.first }} lines={8}>
      {({ state, layers, layersIndexed, problem }) => {
        switch (state) {
          case 'indexed':
            return children;
          case 'refused':
            return (
              <Notice tone="warn">
                Its files cannot be shown: {problem ?? 'nobody knows why'}
              </Notice>
            );
          case 'indexing':
            return <Progress done={layersIndexed} all={layers} />;
        }
      }}
    </Answered>
  );
}

function Progress({ done, all }: { readonly done: number; readonly all: number }) {
  return (
    <div role="status" className="max-w-xl py-6">
      <p className="mb-2">
        Nobody has looked into this image before: its layers are read now, {done} of {all} are done.
      </p>
      <progress
        aria-label="Layers read"
        className="h-2 w-full accent-sea"
        max={Math.max(1, all)}
        value={done}
      />
    </div>
  );
}
