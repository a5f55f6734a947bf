import { PlaceLink } from '../../parts/place-link.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Bytes, Digest } from '../../parts/values.tsx';
import { artifactKind } from '../../text/artifacts.ts';
import type { Shown } from '../../api/shapes.ts';

/** What an index lists. */
export function Platforms({
  repository,
  reference,
  shown,
}: {
  readonly repository: string;
  readonly reference: string;
  readonly shown: Shown;
}) {
  const [first] = shown.manifests.filter(isPlatform);
  return (
    <Table
      label="Platforms"
      head={
        <>
          <Th>Platform</Th>
          <Th>Digest</Th>
          <Th right>Size</Th>
          <Th />
        </>
      }
    >
      {shown.manifests.map((each) => {
        const attests = each.annotations['vnd.docker.reference.type'];
        return (
          <tr key={`${each.digest} ${each.platform ?? ''}`}>
            <Td>
              {isPlatform(each) ? (
                <PlaceLink
                  repository={repository}
                  reference={reference}
                  search={{ platform: each.platform }}
                >
                  {each.platform}
                </PlaceLink>
              ) : (
                <span className="text-faint">
                  {attests === undefined ? artifactKind(each).name : 'Attestation of the build'}
                </span>
              )}
            </Td>
            <Td>
              <PlaceLink repository={repository} reference={each.digest}>
                <Digest digest={each.digest} />
              </PlaceLink>
            </Td>
            <Td right>
              <Bytes count={each.bytes} />
            </Td>
            <Td>
              {!each.present && <Badge tone="warn">not in this repository</Badge>}
              {first !== undefined && each !== first && isPlatform(each) && each.present && (
                <PlaceLink
                  repository={repository}
                  search={{ view: 'compare', from: first.digest, to: each.digest }}
                  className="whitespace-nowrap text-sea hover:underline"
                >
                  compare with {first.platform}
                </PlaceLink>
              )}
            </Td>
          </tr>
        );
      })}
    </Table>
  );
}

/** Attestations stand in an index as a platform that nobody has. */
const isPlatform = ({ platform }: Shown['manifests'][number]) =>
  platform !== undefined && !platform.startsWith('unknown');
