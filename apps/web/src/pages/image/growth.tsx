import type { Answer } from '../../api/ask.ts';
import { Bytes, Time } from '../../parts/values.tsx';
import { exactTime } from '../../text/ago.ts';
import { bytes, growth } from '../../text/bytes.ts';

type Move = Answer<'tagHistory'>['items'][number];
type Sized = Move & { readonly bytes: number };

/** How big a tag was after each of its moves; `moves` come newest first. */
export function Growth({ moves }: { readonly moves: readonly Move[] }) {
  const sized = moves.filter((move): move is Sized => move.bytes !== undefined).reverse();
  const [first] = sized;
  const last = sized.at(-1);
  if (first === undefined || last === undefined || sized.length < 2) return null;
  const most = Math.max(1, ...sized.map((move) => move.bytes));
  return (
    <figure className="mb-8 max-w-3xl">
      <figcaption className="mb-2">
        From <Bytes count={first.bytes} /> <Time at={first.at} /> to <Bytes count={last.bytes} />
        {first.bytes > 0 && (
          <>
            {': '}
            <strong className="font-medium">{growth(first.bytes, last.bytes)}</strong>
          </>
        )}
        .
      </figcaption>
      <div
        aria-hidden
        className="flex h-24 items-end gap-0.5 rounded-md border border-line bg-sheet px-3 pt-3"
      >
        {sized.map((move) => (
          <div
            key={move.id}
            className={`max-w-10 min-w-0.5 flex-1 rounded-t-sm hover:bg-sea-strong ${move === last ? 'bg-sea' : 'bg-sea/60'}`}
            style={{ height: `${Math.max(2, (100 * move.bytes) / most)}%` }}
            title={`${bytes(move.bytes)}, ${exactTime(move.at)}${move.actor === '' ? '' : `, ${move.actor}`}`}
          />
        ))}
      </div>
    </figure>
  );
}
