import { Link } from '@tanstack/react-router';
import { Globe, Lock } from 'lucide-react';
import type { Answer } from '../api/ask.ts';
import { usePages } from '../api/queries.ts';
import { FoundLabels } from './found-labels.tsx';
import { Listed } from './listed.tsx';
import { Badge, Count, Time } from './values.tsx';

type Repository = Answer<'listRepositories'>['items'][number];

/** Repositories, one under the other; `empty` where there are none. */
export function Repositories({
  query,
  text = '',
  empty,
}: {
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  /** What they were looked for by: labels with it are shown. */
  readonly text?: string;
  readonly empty: React.ReactNode;
}) {
  const pages = usePages('listRepositories', { query: { ...query, limit: 50 } });
  return (
    <Listed of={pages} empty={empty}>
      {(items) => (
        <ul className="divide-y divide-line rounded-lg border border-line bg-sheet">
          {items.map((each) => (
            <li key={each.name}>
              <RepositoryLine repository={each} text={text} />
            </li>
          ))}
        </ul>
      )}
    </Listed>
  );
}

function RepositoryLine({
  repository,
  text,
}: {
  readonly repository: Repository;
  readonly text: string;
}) {
  const { name, description, visibility, tags, lastPushAt, labels } = repository;
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 max-sm:basis-full">
        <Link to="/r/$" params={{ _splat: name }} className="font-medium text-sea hover:underline">
          {name}
        </Link>
        {description !== '' && <p className="truncate text-sm text-faint">{description}</p>}
        <FoundLabels labels={labels} text={text} />
      </div>
      <div className="flex items-center gap-4 text-sm text-faint">
        <span
          title={
            visibility === 'public' ? 'Everybody may pull it' : 'Only those who were given a role'
          }
        >
          <Badge tone={visibility === 'public' ? 'sea' : 'plain'}>
            {visibility === 'public' ? (
              <Globe size={12} aria-hidden className="mr-1 inline" />
            ) : (
              <Lock size={12} aria-hidden className="mr-1 inline" />
            )}
            {visibility}
          </Badge>
        </span>
        <Count of={tags} one="tag" />
        <span className="min-w-28 text-right">
          {lastPushAt === undefined ? 'no push yet' : <Time at={lastPushAt} />}
        </span>
      </div>
    </div>
  );
}
