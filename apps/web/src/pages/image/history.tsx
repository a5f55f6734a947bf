import { History as Icon } from 'lucide-react';
import { useState } from 'react';
import { useChange, usePages } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Listed } from '../../parts/listed.tsx';
import { PlaceLink } from '../../parts/place-link.tsx';
import { Empty } from '../../parts/states.tsx';
import { Badge, Bytes, Digest, Time } from '../../parts/values.tsx';
import { Growth } from './growth.tsx';

const WORDS: Readonly<Record<string, string>> = {
  'manifest.push': 'pushed it',
  'tag.restore': 'brought it back',
  'ledger.begin': 'found it here, when histories began',
  'trash.restore': 'took it back from the trash',
  'manifest.delete': 'deleted it',
  'tag.delete': 'deleted it',
  'retention.apply': 'took it away by the retention policy',
  'repository.delete': 'deleted the repository',
  'trash.purge': 'emptied the trash',
};

/** Every move of a tag: who, when, from where to where. Each of its digests can come back. */
export function History({
  repository,
  tag,
  now,
}: {
  readonly repository: string;
  readonly tag: string;
  /** What it points at. */
  readonly now: string;
}) {
  const pages = usePages('tagHistory', { parameters: { repository, tag } });
  const restore = useChange('restoreTag');
  const [wanted, setWanted] = useState<string>();
  return (
    <>
      <Listed
        of={pages}
        empty={<Empty title="Nothing is known of how it came here" icon={<Icon aria-hidden />} />}
      >
        {(items) => (
          <>
            <Growth moves={items} />
            <ol className="space-y-0 border-l-2 border-line pl-5">
              {items.map(
                ({ id, from, to, bytes, at, action, actor, credential, address, client }) => (
                  <li key={id} className="relative pb-5">
                    <span
                      aria-hidden
                      className={`absolute top-1.5 -left-[1.72rem] size-3 rounded-full border-2 border-sheet ${to === now ? 'bg-sea' : 'bg-faint'}`}
                    />
                    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                      <span>
                        <strong className="font-medium">
                          {actor === '' ? 'The registry' : actor}
                        </strong>{' '}
                        {WORDS[action] ?? action}
                      </span>
                      <span className="text-faint">
                        <Time at={at} />
                      </span>
                      {to === now && <Badge tone="sea">now</Badge>}
                    </div>
                    <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
                      {to === undefined ? (
                        <span className="text-faint">it pointed at nothing</span>
                      ) : (
                        <PlaceLink repository={repository} reference={to}>
                          <Digest digest={to} />
                        </PlaceLink>
                      )}
                      {bytes !== undefined && <Bytes count={bytes} />}
                      {from !== undefined && to !== undefined && from !== to && (
                        <PlaceLink repository={repository} search={{ view: 'compare', from, to }}>
                          what changed
                        </PlaceLink>
                      )}
                      {to !== undefined && to !== now && (
                        <Button onClick={() => setWanted(to)}>Bring this back</Button>
                      )}
                    </div>
                    <p className="mt-1 text-sm text-faint">
                      {[credential?.split(':')[0], address, client].filter(Boolean).join(' · ')}
                    </p>
                  </li>
                ),
              )}
            </ol>
          </>
        )}
      </Listed>
      {wanted !== undefined && (
        <Confirm
          title={`Bring ${tag} back?`}
          action="Bring it back"
          onClose={() => setWanted(undefined)}
          onConfirm={async () =>
            restore.mutateAsync({ parameters: { repository, tag }, body: { digest: wanted } })
          }
        >
          <p>
            From now on {repository}:{tag} is <Digest digest={wanted} /> again, for whoever pulls
            it. What it is now stays in the history.
          </p>
        </Confirm>
      )}
    </>
  );
}
