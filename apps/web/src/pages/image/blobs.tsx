import { Download } from 'lucide-react';
import { buttonLook } from '../../parts/button.tsx';
import { Section } from '../../parts/page.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Bytes, Digest } from '../../parts/values.tsx';
import { Pairs } from './config.tsx';
import type { Shown } from '../../api/shapes.ts';
import { Platforms } from './platforms.tsx';

/** What is in something that is no image. */
export function Blobs({
  repository,
  shown,
}: {
  readonly repository: string;
  readonly shown: Shown;
}) {
  const { blobs, annotations, manifests, digest } = shown;
  return (
    <>
      {manifests.length > 0 && (
        <Platforms repository={repository} reference={digest} shown={shown} />
      )}
      {blobs.length === 0 && manifests.length === 0 && (
        <Empty title="It holds nothing but its annotations" />
      )}
      {blobs.length > 0 && (
        <Table
          label="Content"
          head={
            <>
              <Th>Name</Th>
              <Th>Type</Th>
              <Th>Digest</Th>
              <Th right>Size</Th>
              <Th />
            </>
          }
        >
          {blobs.map((blob) => (
            <tr key={blob.digest}>
              <Td wrap>{blob.title ?? <span className="text-faint">without a name</span>}</Td>
              <Td>
                <code className="font-mono text-[13px] break-all">{blob.mediaType}</code>
              </Td>
              <Td>
                <Digest digest={blob.digest} />
              </Td>
              <Td right>
                <Bytes count={blob.size} />
              </Td>
              <Td right>
                <DownloadLink repository={repository} digest={blob.digest} name={blob.title} />
              </Td>
            </tr>
          ))}
        </Table>
      )}
      {Object.keys(annotations).length > 0 && (
        <Section title="Annotations">
          <Pairs label="Annotations" pairs={Object.entries(annotations)} none="" />
        </Section>
      )}
    </>
  );
}

export function DownloadLink({
  repository,
  digest,
  name,
}: {
  readonly repository: string;
  readonly digest: string;
  readonly name: string | undefined;
}) {
  const path = `/api/v1/repositories/${encodeURIComponent(repository)}/blobs/${digest}`;
  return (
    <a
      href={name === undefined ? path : `${path}?filename=${encodeURIComponent(name)}`}
      className={buttonLook()}
      aria-label={`Download ${name ?? digest}`}
      download
    >
      <Download size={15} aria-hidden /> Download
    </a>
  );
}
