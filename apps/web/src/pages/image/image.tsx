import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Shown } from '../../api/shapes.ts';
import { useAnswer } from '../../api/queries.ts';
import { Card, Facts, Page, Tabs } from '../../parts/page.tsx';
import { PlaceLink, RepositoryHeading } from '../../parts/place-link.tsx';
import { Pull } from '../../parts/pull.tsx';
import { Answered, Notice } from '../../parts/states.tsx';
import { Badge, Bytes, Digest, Time } from '../../parts/values.tsx';
import { artifactKind } from '../../text/artifacts.ts';
import { isDigest, placeOf, short } from '../../text/reference.ts';
import { Blobs } from './blobs.tsx';
import { Config } from './config.tsx';
import { Files } from './files.tsx';
import { History } from './history.tsx';
import { Layers } from './layers.tsx';
import { Manifest } from './manifest.tsx';
import { Platforms } from './platforms.tsx';
import { Referrers } from './referrers.tsx';
import { Space } from './space.tsx';

/** What a tag or a digest names: an image, an index of several, or something that is no image. */
export function ImagePage({
  repository,
  reference,
}: {
  readonly repository: string;
  readonly reference: string;
}) {
  const { view, platform } = useSearch({ from: '/r/$' });
  const shown = useAnswer('showImage', {
    parameters: { repository, reference },
    query: { platform },
  });
  return (
    <Answered of={shown} lines={8} title={placeOf(repository, reference)}>
      {(image) => (
        <ShownPage
          repository={repository}
          reference={reference}
          shown={image}
          view={view ?? firstOf(image)}
        />
      )}
    </Answered>
  );
}

const firstOf = ({ image }: Shown) => (image === undefined ? 'content' : 'layers');

function ShownPage({
  repository,
  reference,
  shown,
  view,
}: {
  readonly repository: string;
  readonly reference: string;
  readonly shown: Shown;
  readonly view: string;
}) {
  const { digest, image, tags, subject, pushedAt } = shown;
  const kind = artifactKind(shown);
  const name = isDigest(reference) ? short(reference) : reference;
  const { platform } = useSearch({ from: '/r/$' });
  const views: readonly (readonly [key: string, words: string])[] = [
    ...(image === undefined
      ? ([['content', 'Content']] as const)
      : ([
          ['layers', 'Layers'],
          ['files', 'Files'],
          ['space', 'Space'],
          ['config', 'Config'],
        ] as const)),
    ...(shown.manifests.length > 0 ? ([['platforms', 'Platforms']] as const) : []),
    ['referrers', 'Signatures and more'],
    ['manifest', 'Manifest'],
    ...(isDigest(reference) ? [] : ([['history', 'History']] as const)),
  ];
  return (
    <Page
      title={placeOf(repository, name)}
      heading={
        <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
          <span>
            <RepositoryHeading repository={repository} />
            <span className="text-sea">
              {isDigest(reference) ? '@' : ':'}
              {name}
            </span>
          </span>
          <Badge>{kind.name}</Badge>
        </span>
      }
    >
      <div className="mb-6 grid grid-cols-1 gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
        <Card>
          <Facts
            items={[
              ['Digest', <Digest key="d" digest={digest} copy />],
              ...(image === undefined
                ? []
                : ([
                    ['Size', <Bytes key="s" count={image.bytes} />],
                    ['Platform', <ChoosePlatform key="p" shown={shown} chosen={platform} />],
                    ...(image.createdAt === undefined
                      ? []
                      : ([['Built', <Time key="b" at={image.createdAt} />]] as const)),
                  ] as const)),
              ['Pushed', <Time key="p" at={pushedAt} />],
              ...(tags.length === 0
                ? []
                : ([
                    [
                      'Tags',
                      <span key="t" className="flex flex-wrap gap-x-2">
                        {tags.map((tag) => (
                          <PlaceLink key={tag} repository={repository} reference={tag}>
                            {tag}
                          </PlaceLink>
                        ))}
                      </span>,
                    ],
                  ] as const)),
              ...(subject === undefined
                ? []
                : ([
                    [
                      'Belongs to',
                      <PlaceLink key="s" repository={repository} reference={subject}>
                        {short(subject)}
                      </PlaceLink>,
                    ],
                  ] as const)),
            ]}
          />
        </Card>
        <Pull repository={repository} reference={reference} kind={kind} />
      </div>
      {shown.problem !== undefined && (
        <div className="mb-4">
          <Notice tone="warn">{shown.problem}</Notice>
        </div>
      )}
      <Tabs
        label={placeOf(repository, name)}
        tabs={views.map(([key, words]) => ({
          name: words,
          current: key === view,
          link: {
            to: '/r/$',
            params: { _splat: placeOf(repository, reference) },
            search: { view: key === firstOf(shown) ? undefined : key, platform },
          },
        }))}
      />
      <View view={view} repository={repository} reference={reference} shown={shown} />
    </Page>
  );
}

function View({
  view,
  repository,
  reference,
  shown,
}: {
  readonly view: string;
  readonly repository: string;
  readonly reference: string;
  readonly shown: Shown;
}) {
  switch (view) {
    case 'files':
    case 'space':
      if (shown.image === undefined) return null;
      return view === 'files' ? (
        <Files repository={repository} reference={reference} image={shown.image} />
      ) : (
        <Space repository={repository} reference={reference} image={shown.image} />
      );
    case 'config':
      return shown.image === undefined ? null : (
        <Config image={shown.image} annotations={shown.annotations} />
      );
    case 'platforms':
      return <Platforms repository={repository} reference={reference} shown={shown} />;
    case 'referrers':
      return <Referrers repository={repository} reference={shown.digest} />;
    case 'manifest':
      return <Manifest shown={shown} />;
    case 'history':
      return <History repository={repository} tag={reference} now={shown.digest} />;
    default:
      return shown.image === undefined ? (
        <Blobs repository={repository} shown={shown} />
      ) : (
        <Layers image={shown.image} />
      );
  }
}

/** Of an index, which of its images is shown. */
function ChoosePlatform({
  shown,
  chosen,
}: {
  readonly shown: Shown;
  readonly chosen: string | undefined;
}) {
  const navigate = useNavigate({ from: '/r/$' });
  const platforms = shown.manifests.flatMap(({ platform }) =>
    platform === undefined || platform.startsWith('unknown') ? [] : [platform],
  );
  const current = shown.image?.platform ?? chosen;
  if (platforms.length < 2) return <span>{current ?? 'not told'}</span>;
  return (
    <select
      aria-label="Platform"
      className="rounded-md border border-line bg-sheet px-2 py-1"
      value={current}
      onChange={({ target }) =>
        void navigate({ search: (before) => ({ ...before, platform: target.value }) })
      }
    >
      {platforms.map((platform) => (
        <option key={platform}>{platform}</option>
      ))}
    </select>
  );
}
