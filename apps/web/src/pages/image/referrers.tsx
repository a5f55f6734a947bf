import { ShieldCheck } from 'lucide-react';
import type { Answer } from '../../api/ask.ts';
import { useAnswer } from '../../api/queries.ts';
import { PlaceLink } from '../../parts/place-link.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Badge, Bytes, Digest, Time } from '../../parts/values.tsx';
import { artifactKind } from '../../text/artifacts.ts';
import { DownloadLink } from './blobs.tsx';

type Referrer = Answer<'listReferrers'>['items'][number];

/** What was pushed about it: signatures, SBOMs, attestations, and what was pushed about those. */
export function Referrers({
  repository,
  reference,
}: {
  readonly repository: string;
  readonly reference: string;
}) {
  const referrers = useAnswer('listReferrers', { parameters: { repository, reference } });
  return (
    <Answered of={referrers}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing was pushed about it" icon={<ShieldCheck aria-hidden />}>
            Signatures (cosign sign), SBOMs and attestations (oras attach, docker build --attest)
            that belong to it are listed here.
          </Empty>
        ) : (
          <Tree repository={repository} about={reference} items={items} />
        )
      }
    </Answered>
  );
}

function Tree({
  repository,
  about,
  items,
}: {
  readonly repository: string;
  readonly about: string;
  readonly items: readonly Referrer[];
}) {
  return (
    <ul className="space-y-3">
      {items
        .filter(({ subject }) => subject === about)
        .map((each) => (
          <li key={each.digest} className="rounded-lg border border-line bg-sheet p-4">
            <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
              <span className="font-medium">{artifactKind(each).name}</span>
              {each.artifactType !== undefined && <Badge>{each.artifactType}</Badge>}
              <PlaceLink repository={repository} reference={each.digest}>
                <Digest digest={each.digest} />
              </PlaceLink>
              {each.createdAt !== undefined && (
                <span className="text-sm text-faint">
                  <Time at={each.createdAt} />
                </span>
              )}
            </div>
            {each.blobs.length > 0 && (
              <ul className="mt-2 space-y-1">
                {each.blobs.map((blob) => (
                  <li key={blob.digest} className="flex flex-wrap items-center gap-3 text-sm">
                    <span className="break-all">{blob.title ?? blob.mediaType}</span>
                    <span className="text-faint">
                      <Bytes count={blob.size} />
                    </span>
                    <DownloadLink repository={repository} digest={blob.digest} name={blob.title} />
                  </li>
                ))}
              </ul>
            )}
            {items.some(({ subject }) => subject === each.digest) && (
              <div className="mt-3 border-l-2 border-line pl-4">
                <Tree repository={repository} about={each.digest} items={items} />
              </div>
            )}
          </li>
        ))}
    </ul>
  );
}
