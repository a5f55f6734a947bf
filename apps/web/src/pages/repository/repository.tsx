import { useSearch } from '@tanstack/react-router';
import { Globe, Lock, Star } from 'lucide-react';
import type { Repository } from '../../api/shapes.ts';
import { useAnswer, useChange } from '../../api/queries.ts';
import { useVisitor } from '../../api/session.ts';
import { Button } from '../../parts/button.tsx';
import { Page, Tabs } from '../../parts/page.tsx';
import { RepositoryHeading } from '../../parts/place-link.tsx';
import { Answered } from '../../parts/states.tsx';
import { Badge } from '../../parts/values.tsx';
import { Compare } from '../compare.tsx';
import { TrashOfRepository } from '../trash.tsx';
import { Overview } from './overview.tsx';
import { Retention } from './retention.tsx';
import { SettingsOf } from './settings.tsx';
import { Tags } from './tags.tsx';

export function RepositoryPage({ repository: name }: { readonly repository: string }) {
  const { view = 'overview' } = useSearch({ from: '/r/$' });
  const shown = useAnswer('showRepository', { parameters: { repository: name } });
  return (
    <Answered of={shown} lines={8} title={name}>
      {(repository) => (
        <Page
          title={repository.name}
          heading={
            <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
              <span>
                <RepositoryHeading repository={repository.name} />
              </span>
              <Badge tone={repository.visibility === 'public' ? 'sea' : 'plain'}>
                {repository.visibility === 'public' ? (
                  <Globe size={12} aria-hidden className="mr-1 inline" />
                ) : (
                  <Lock size={12} aria-hidden className="mr-1 inline" />
                )}
                {repository.visibility}
              </Badge>
            </span>
          }
          lead={repository.description === '' ? undefined : repository.description}
          actions={<Favourite repository={repository} />}
        >
          <Tabs
            label={repository.name}
            tabs={views(repository).map(([key, words, count]) => ({
              name: words,
              count,
              current: key === view,
              link: {
                to: '/r/$',
                params: { _splat: repository.name },
                search: { view: key === 'overview' ? undefined : key },
              },
            }))}
          />
          <View view={view} repository={repository} />
        </Page>
      )}
    </Answered>
  );
}

function views({
  may,
  tags,
}: Repository): readonly (readonly [key: string, words: string, count?: number])[] {
  return [
    ['overview', 'Overview'],
    ['tags', 'Tags', tags],
    ['compare', 'Compare'],
    ...(may.includes('maintain')
      ? ([
          ['retention', 'Retention'],
          ['trash', 'Trash'],
        ] as const)
      : []),
    ...(may.includes('maintain') ? ([['settings', 'Settings']] as const) : []),
  ];
}

function View({ view, repository }: { readonly view: string; readonly repository: Repository }) {
  switch (view) {
    case 'tags':
      return <Tags repository={repository} />;
    case 'compare':
      return <Compare repository={repository.name} />;
    case 'retention':
      return <Retention repository={repository} />;
    case 'trash':
      return <TrashOfRepository repository={repository.name} />;
    case 'settings':
      return <SettingsOf repository={repository} />;
    default:
      return <Overview repository={repository} />;
  }
}

function Favourite({ repository: { name, favourite } }: { readonly repository: Repository }) {
  const visitor = useVisitor();
  const add = useChange('addFavourite');
  const remove = useChange('removeFavourite');
  if (!visitor) return null;
  return (
    <Button
      aria-pressed={favourite}
      disabled={add.isPending || remove.isPending}
      onClick={() => (favourite ? remove : add).mutate({ parameters: { repository: name } })}
    >
      <Star size={16} aria-hidden className={favourite ? 'fill-current text-sea' : ''} />
      {favourite ? 'A favourite' : 'Make it a favourite'}
    </Button>
  );
}
