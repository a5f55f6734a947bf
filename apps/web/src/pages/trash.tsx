import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../api/ask.ts';
import { useChange, usePages } from '../api/queries.ts';
import { Button } from '../parts/button.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Listed } from '../parts/listed.tsx';
import { Section } from '../parts/page.tsx';
import { Empty, Notice } from '../parts/states.tsx';
import { Table, Td, Th } from '../parts/table.tsx';
import { Bytes, Count, Time } from '../parts/values.tsx';

type Deletion = Answer<'listTrash'>['items'][number];

export function TrashOfRepository({ repository }: { readonly repository: string }) {
  return <Trash pages={usePages('listTrash', { parameters: { repository } })} />;
}

export function TrashOf({ namespace }: { readonly namespace: string }) {
  return <Trash pages={usePages('listTrashIn', { parameters: { namespace } })} />;
}

export function AllTrash() {
  return <Trash pages={usePages('listAllTrash')} />;
}

/** What was deleted and can be taken back. */
function Trash({ pages }: { readonly pages: ReturnType<typeof usePages<'listTrash'>> }) {
  const restore = useChange('restoreTrash');
  const purge = useChange('purgeTrash');
  const [purging, setPurging] = useState<Deletion>();
  return (
    <Section title="Trash">
      {restore.error !== null && (
        <div className="mb-3">
          <Notice tone="alarm">{restore.error.message}</Notice>
        </div>
      )}
      {restore.data !== undefined && (
        <div className="mb-3" role="status">
          <Notice tone="sea">
            {restore.data.repository} has it back.
            {restore.data.tagsLeft.length > 0 &&
              ` These tags point at something newer and were left: ${restore.data.tagsLeft.join(', ')}.`}
          </Notice>
        </div>
      )}
      <Listed
        of={pages}
        empty={
          <Empty title="Nothing was deleted lately" icon={<Trash2 aria-hidden />}>
            What is deleted stays here for a while and can be taken back, exactly as it was.
          </Empty>
        }
      >
        {(items) => (
          <Table
            label="Trash"
            head={
              <>
                <Th>Deleted</Th>
                <Th>What</Th>
                <Th>By</Th>
                <Th right>Holds</Th>
                <Th right>Frees</Th>
                <Th>Gone for good</Th>
                <Th />
              </>
            }
          >
            {items.map((deletion) => {
              const { id, kind, repository, deletedAt, purgeAfter, actor, tags, manifests } =
                deletion;
              return (
                <tr key={id}>
                  <Td>
                    <Time at={deletedAt} />
                  </Td>
                  <Td>
                    <span className="font-medium">{repository}</span>
                    <div className="text-faint">
                      {kind === 'repository' && 'the whole repository: '}
                      <Count of={tags} one="tag" />, <Count of={manifests} one="manifest" />
                    </div>
                  </Td>
                  <Td>{actor}</Td>
                  <Td right>
                    <Bytes count={deletion.bytes} />
                  </Td>
                  <Td right>
                    <Bytes count={deletion.frees} />
                  </Td>
                  <Td>
                    <Time at={purgeAfter} />
                  </Td>
                  <Td right>
                    <span className="inline-flex gap-1">
                      <Button
                        disabled={restore.isPending}
                        onClick={() =>
                          restore.mutate({ parameters: { repository, deletion: id }, body: {} })
                        }
                      >
                        Take back
                      </Button>
                      <Button look="quiet" onClick={() => setPurging(deletion)}>
                        Delete now
                      </Button>
                    </span>
                  </Td>
                </tr>
              );
            })}
          </Table>
        )}
      </Listed>
      {purging !== undefined && (
        <Confirm
          title="Delete it for good?"
          action="Delete for good"
          onClose={() => setPurging(undefined)}
          onConfirm={async () =>
            purge.mutateAsync({
              parameters: { repository: purging.repository, deletion: purging.id },
            })
          }
        >
          <p>
            Nobody can take it back after this. It frees <Bytes count={purging.frees} />.
          </p>
        </Confirm>
      )}
    </Section>
  );
}
