import { Link } from '@tanstack/react-router';
import { Ship } from 'lucide-react';
import { useAnswer } from '../api/queries.ts';
import { useVisitor } from '../api/session.ts';
import { Command } from '../parts/copy.tsx';
import { Card, Page, Section } from '../parts/page.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Repositories } from '../parts/repositories.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { Badge, Time } from '../parts/values.tsx';

/** What the visitor may see; before they have anything of their own, how to push it. */
export function Home() {
  const visitor = useVisitor();
  const name = visitor?.name ?? '';
  const account = useAnswer('showAccount');
  const own = useAnswer('listRepositories', { query: { namespace: name, limit: 1 } });
  const all = useAnswer('listRepositories', { query: { limit: 1 } });
  return (
    <Page title="Home" heading={`Welcome${name === '' ? '' : `, ${name}`}`}>
      <Answered of={own}>
        {({ items: mine }) => {
          const others = (all.data?.items.length ?? 0) > 0;
          const alone = (account.data?.memberships.length ?? 2) < 2;
          const isNew = mine.length === 0 && alone && !(visitor?.administrator === true && others);
          return (
            <div className="space-y-8">
              {isNew && <FirstPush username={name} />}
              {(others || !isNew) && (
                <div className="grid grid-cols-1 gap-8 lg:grid-cols-[minmax(0,1fr)_18rem]">
                  <Section title={isNew ? 'What others have made public' : 'Repositories'}>
                    <Repositories
                      query={{ sort: '-pushed' }}
                      empty={<Empty title="There is no repository yet" />}
                    />
                  </Section>
                  <aside className="space-y-8">
                    <Favourites />
                    <Latest />
                    <Namespaces />
                  </aside>
                </div>
              )}
            </div>
          );
        }}
      </Answered>
    </Page>
  );
}

/** Is gone by itself when the push arrives. */
function FirstPush({ username }: { readonly username: string }) {
  const image = `${location.host}/${username}/hello-world`;
  return (
    <Card className="mx-auto max-w-2xl p-6">
      <div className="mb-4 flex items-center gap-3">
        <Ship aria-hidden className="text-sea" />
        <h2 className="text-lg font-semibold">Push your first image</h2>
      </div>
      <p className="mb-4 text-faint">
        Take any image that you have, give it a name in this registry, and push it. This page shows
        it as soon as it is here.
      </p>
      <ol className="space-y-4">
        {[
          [
            'Sign in with your username and password',
            `docker login ${location.host} --username ${username}`,
          ],
          ['Name the image', `docker tag hello-world ${image}`],
          ['Push it', `docker push ${image}`],
        ].map(([words = '', command = ''], index) => (
          <li key={words}>
            <p className="mb-1.5 font-medium">
              {index + 1}. {words}
            </p>
            <Command text={command} what={words} />
          </li>
        ))}
      </ol>
      <p role="status" className="mt-5 flex items-center gap-2 text-sm text-faint">
        <span className="inline-block size-2 animate-pulse rounded-full bg-sea" aria-hidden />
        Waiting for the push …
      </p>
    </Card>
  );
}

function Favourites() {
  const favourites = useAnswer('listRepositories', { query: { favourite: true, limit: 20 } });
  const items = favourites.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Favourites">
      <ul className="space-y-1">
        {items.map(({ name }) => (
          <li key={name} className="truncate">
            <PlaceLink repository={name} className="font-medium text-sea hover:underline">
              {name}
            </PlaceLink>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What was pushed last, wherever the visitor may look. */
function Latest() {
  const latest = useAnswer('latestTags', { query: { limit: 8 } });
  const items = latest.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Recent pushes">
      <ul className="space-y-2">
        {items.map(({ repository, tag, at, actor }) => (
          <li key={`${repository}:${tag}`}>
            <PlaceLink
              repository={repository}
              reference={tag}
              className="block truncate font-medium text-sea hover:underline"
            >
              {repository}:{tag}
            </PlaceLink>
            <span className="text-sm text-faint">
              <Time at={at} />
              {actor !== '' && ` by ${actor}`}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Namespaces() {
  const account = useAnswer('showAccount');
  return (
    <Section title="Your namespaces">
      <Answered of={account} lines={3}>
        {({ memberships }) =>
          memberships.length === 0 ? (
            <Empty title="None" />
          ) : (
            <ul className="space-y-1">
              {memberships.map(({ namespace, role }) => (
                <li key={namespace} className="flex items-center justify-between gap-2">
                  <Link
                    to="/n/$namespace"
                    params={{ namespace }}
                    className="truncate font-medium text-sea hover:underline"
                  >
                    {namespace}
                  </Link>
                  <Badge>{role}</Badge>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Section>
  );
}
