import type { Answer } from '../api/ask.ts';
import { usePages } from '../api/queries.ts';
import { Listed } from '../parts/listed.tsx';
import { Section } from '../parts/page.tsx';
import { Empty } from '../parts/states.tsx';
import { Table, Td, Th } from '../parts/table.tsx';
import { Badge, Bytes } from '../parts/values.tsx';
import { isIndexing, WhenIndexed } from './image/when-indexed.tsx';

type Difference = Answer<'compareFiles'>['items'][number];

const KINDS = {
  added: { tone: 'sea', words: '+ new' },
  removed: { tone: 'alarm', words: '− gone' },
  changed: { tone: 'warn', words: 'changed' },
} as const;

/** The files in which two images differ. */
export function CompareFiles({
  repository,
  from,
  to,
  platform,
}: {
  readonly repository: string;
  readonly from: string;
  readonly to: string;
  readonly platform: string | undefined;
}) {
  const pages = usePages(
    'compareFiles',
    { parameters: { repository }, query: { from, to, platform, limit: 100 } },
    { unfinished: isIndexing },
  );
  return (
    <Section title="Files">
      <WhenIndexed of={pages}>
        <Listed of={pages} empty={<Empty title="The files of both are the same" />}>
          {(items) => (
            <Table
              label="Files"
              head={
                <>
                  <Th>What</Th>
                  <Th>Path</Th>
                  <Th right>From</Th>
                  <Th right>To</Th>
                  <Th>In what</Th>
                </>
              }
            >
              {items.map((difference) => (
                <Line key={difference.path} difference={difference} />
              ))}
            </Table>
          )}
        </Listed>
      </WhenIndexed>
    </Section>
  );
}

function Line({ difference }: { readonly difference: Difference }) {
  const { path, kind, from, to, changed } = difference;
  return (
    <tr>
      <Td>
        <Badge tone={KINDS[kind].tone}>{KINDS[kind].words}</Badge>
      </Td>
      <Td wrap>
        <code className="font-mono text-[13px]">{path}</code>
      </Td>
      <Td right>
        <Size of={from} />
      </Td>
      <Td right>
        <Size of={to} />
      </Td>
      <Td>
        <span className="text-faint">{changed.join(', ')}</span>
      </Td>
    </tr>
  );
}

/** What has no size of its own is told by its type. */
function Size({ of }: { readonly of: Difference['from'] }) {
  if (of === undefined) return null;
  return (
    <span className="whitespace-nowrap">
      {of.type === 'file' ? (
        <Bytes count={of.size} />
      ) : (
        <span className="text-faint">{of.type.replace('-', ' ')}</span>
      )}
    </span>
  );
}
