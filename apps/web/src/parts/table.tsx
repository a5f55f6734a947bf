import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';

/** A table that scrolls by itself where it is too wide. */
export function Table({
  label,
  head,
  children,
}: {
  readonly label: string;
  readonly head: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div
      className="relative overflow-x-auto rounded-lg border border-line bg-sheet"
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <table className="w-full text-left text-sm">
        <thead className="border-b border-line bg-sunk text-faint">
          <tr>{head}</tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </div>
  );
}

export function Th({
  children,
  right = false,
}: {
  readonly children?: ReactNode;
  readonly right?: boolean;
}) {
  return (
    <th
      scope="col"
      className={`px-3 py-2 font-medium whitespace-nowrap ${right ? 'text-right' : ''}`}
    >
      {children ?? <span className="sr-only">What can be done</span>}
    </th>
  );
}

export function Td({
  children,
  right = false,
  wrap = false,
}: {
  readonly children?: ReactNode;
  readonly right?: boolean;
  readonly wrap?: boolean;
}) {
  return (
    <td
      className={`px-3 py-2 align-middle ${right ? 'text-right' : ''} ${wrap ? 'min-w-48 break-all' : ''}`}
    >
      {children}
    </td>
  );
}

/** The head of a column by which the table can be sorted: `sort` is `name` or `-name`. */
export function SortTh({
  by,
  sort,
  onSort,
  children,
  right = false,
}: {
  readonly by: string;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  readonly children: ReactNode;
  readonly right?: boolean;
}) {
  const up = sort === by;
  const down = sort === `-${by}`;
  return (
    <th
      scope="col"
      aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}
      className={`px-3 py-2 font-medium whitespace-nowrap ${right ? 'text-right' : ''}`}
    >
      <button
        type="button"
        className="inline-flex items-center gap-1 hover:text-ink"
        onClick={() => onSort(down ? by : up ? `-${by}` : by === 'name' ? by : `-${by}`)}
      >
        {children}
        {up && <ArrowUp size={14} aria-hidden />}
        {down && <ArrowDown size={14} aria-hidden />}
      </button>
    </th>
  );
}
