import { useSearch } from '@tanstack/react-router';
import { useAnswer } from '../../api/queries.ts';
import type { Image } from '../../api/shapes.ts';
import { Section } from '../../parts/page.tsx';
import { Answered } from '../../parts/states.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Bytes, Count, Digest } from '../../parts/values.tsx';
import { step } from '../../text/steps.ts';
import { FileList } from './file-list.tsx';
import { type Looking, PathLink } from './path-link.tsx';
import { isIndexing, WhenIndexed } from './when-indexed.tsx';

const SHOWN = 25;

/** What takes the space in an image: folders, files, and what layers hide of those below. */
export function Space({
  repository,
  reference,
  image,
}: {
  readonly repository: string;
  readonly reference: string;
  readonly image: Image;
}) {
  const { platform } = useSearch({ from: '/r/$' });
  const looking: Looking = { repository, reference, platform, layer: undefined };
  const shown = useAnswer(
    'showSpace',
    { parameters: { repository, reference }, query: { platform } },
    { unfinished: isIndexing },
  );
  return (
    <WhenIndexed of={{ ...shown, first: shown.data }}>
      <Answered of={{ ...shown, data: shown.data?.space }}>
        {({ files, size, largest, folders, layers }) => (
          <>
            <p className="mb-6">
              <Count of={files} one="file" /> with <Bytes count={size} />, unpacked.
            </p>
            <Section title="Largest folders">
              <Table
                label="Largest folders"
                head={
                  <>
                    <Th>Folder</Th>
                    <Th right>Files</Th>
                    <Th right>Size</Th>
                    <Th>Part</Th>
                  </>
                }
              >
                {folders.slice(0, SHOWN).map((folder) => (
                  <tr key={folder.path}>
                    <Td wrap>
                      <span className="font-mono text-[13px]">
                        <PathLink looking={looking} path={folder.path}>
                          /{folder.path}
                        </PathLink>
                      </span>
                    </Td>
                    <Td right>{folder.files}</Td>
                    <Td right>
                      <span className="whitespace-nowrap">
                        <Bytes count={folder.size} />
                      </span>
                    </Td>
                    <Td>
                      <Part of={folder.size} all={size} />
                    </Td>
                  </tr>
                ))}
              </Table>
            </Section>
            <Section title="Largest files">
              <FileList
                label="Largest files"
                looking={looking}
                items={largest.slice(0, SHOWN)}
                image={image}
                whole
              />
            </Section>
            <Section title="What layers hide">
              <Table
                label="What layers hide"
                head={
                  <>
                    <Th right>#</Th>
                    <Th>Made by</Th>
                    <Th right>Unpacked</Th>
                    <Th right>Hidden by those above</Th>
                    <Th>Digest</Th>
                  </>
                }
              >
                {layers.map((layer, index) => (
                  <tr key={`${layer.digest} ${index}`}>
                    <Td right>{index + 1}</Td>
                    <Td wrap>
                      <code className="font-mono text-[13px]">
                        {step(image.layers[index]?.createdBy ?? 'not told')}
                      </code>
                    </Td>
                    <Td right>
                      <span className="whitespace-nowrap">
                        <Bytes count={layer.size} />
                      </span>
                    </Td>
                    <Td right>
                      <span className="whitespace-nowrap">
                        {layer.size === layer.seen ? (
                          <span className="text-faint">nothing</span>
                        ) : (
                          <Bytes count={layer.size - layer.seen} />
                        )}
                      </span>
                    </Td>
                    <Td>
                      <Digest digest={layer.digest} />
                    </Td>
                  </tr>
                ))}
              </Table>
            </Section>
          </>
        )}
      </Answered>
    </WhenIndexed>
  );
}

/** A bar as long as the part. */
function Part({ of, all }: { readonly of: number; readonly all: number }) {
  const percent = all === 0 ? 0 : (100 * of) / all;
  return (
    <span className="flex min-w-28 items-center gap-2" title={`${percent.toFixed(1)} %`}>
      <span className="h-2 flex-1 overflow-hidden rounded bg-sunk" aria-hidden>
        <span className="block h-full bg-sea" style={{ width: `${percent}%` }} />
      </span>
      <span className="w-14 text-right whitespace-nowrap text-faint">{percent.toFixed(1)} %</span>
    </span>
  );
}
