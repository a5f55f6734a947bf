import { useNavigate, useSearch } from '@tanstack/react-router';
import { GitCompare, Tags as Icon, Trash2 } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import type { Answer } from '../../api/ask.ts';
import { useAnswer, useChange, usePages } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Command } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Form, TextField } from '../../parts/form.tsx';
import { Listed } from '../../parts/listed.tsx';
import { PlaceLink } from '../../parts/place-link.tsx';
import { Answered, Empty, Notice } from '../../parts/states.tsx';
import { SortTh, Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Bytes, Count, Digest, Time } from '../../parts/values.tsx';
import { artifactKind } from '../../text/artifacts.ts';
import type { Repository } from '../../api/shapes.ts';

type Tag = Answer<'listTags'>['items'][number];

const SHOWN_PLATFORMS = 3;

/** Every tag, to be found, sorted, compared and deleted. */
export function Tags({ repository }: { readonly repository: Repository }) {
  const { name, may } = repository;
  const { q = '', sort = '-pushed' } = useSearch({ from: '/r/$' });
  const navigate = useNavigate({ from: '/r/$' });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const pages = usePages('listTags', {
    parameters: { repository: name },
    query: { q: useDeferredValue(q) || undefined, sort, limit: 50 },
  });
  const show = (change: { readonly q?: string | undefined; readonly sort?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const onSort = (by: string) => show({ sort: by });
  const mayDelete = may.includes('delete');
  const toggle = (tag: string) => {
    const next = new Set(chosen);
    if (!next.delete(tag)) next.add(tag);
    setChosen(next);
  };
  return (
    <>
      <div className="mb-4 flex flex-wrap items-end justify-between gap-3">
        <div className="w-full max-w-sm">
          <TextField
            label="Filter tags"
            type="search"
            value={q}
            onChange={({ target }) => show({ q: target.value || undefined })}
          />
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {chosen.size > 0 && (
            <span role="status" className="text-sm text-faint">
              {chosen.size} chosen
            </span>
          )}
          {chosen.size === 2 && (
            <Button
              onClick={() => {
                const [from, to] = [...chosen];
                void navigate({ search: { view: 'compare', from, to } });
              }}
            >
              <GitCompare size={16} aria-hidden /> Compare
            </Button>
          )}
          {mayDelete && chosen.size > 0 && (
            <Button look="alarming" onClick={() => setDeleting(true)}>
              <Trash2 size={16} aria-hidden /> Delete
            </Button>
          )}
        </div>
      </div>
      <Listed
        of={pages}
        empty={
          <Empty
            title={q === '' ? 'There is no tag yet' : `No tag has “${q}” in its name`}
            icon={<Icon aria-hidden />}
          >
            {q === '' && may.includes('push') && (
              <div className="mt-3 text-left">
                <Command text={`docker push ${location.host}/${name}:latest`} />
              </div>
            )}
          </Empty>
        }
      >
        {(items) => (
          <>
            <Table
              label={`Tags of ${name}`}
              head={
                <>
                  <Th>
                    <span className="sr-only">Choose</span>
                  </Th>
                  <SortTh by="name" sort={sort} onSort={onSort}>
                    Tag
                  </SortTh>
                  <Th>Digest</Th>
                  <Th>Platforms</Th>
                  <SortTh by="size" sort={sort} onSort={onSort} right>
                    Size
                  </SortTh>
                  <SortTh by="pushed" sort={sort} onSort={onSort}>
                    Pushed
                  </SortTh>
                  <SortTh by="pulls" sort={sort} onSort={onSort} right>
                    Pulls
                  </SortTh>
                  <Th>Last pull</Th>
                </>
              }
            >
              {items.map((tag) => (
                <TagRow
                  key={tag.name}
                  repository={name}
                  tag={tag}
                  chosen={chosen.has(tag.name)}
                  onToggle={() => toggle(tag.name)}
                />
              ))}
            </Table>
            <p className="mt-2 text-sm text-faint">
              {items.length} of <Count of={pages.first?.total ?? items.length} one="tag" />
            </p>
          </>
        )}
      </Listed>
      {deleting && (
        <DeleteTags
          repository={name}
          tags={[...chosen]}
          onClose={() => setDeleting(false)}
          onDone={() => setChosen(new Set())}
        />
      )}
    </>
  );
}

function TagRow({
  repository,
  tag,
  chosen,
  onToggle,
}: {
  readonly repository: string;
  readonly tag: Tag;
  readonly chosen: boolean;
  readonly onToggle: () => void;
}) {
  const kind = artifactKind(tag);
  return (
    <tr className={chosen ? 'bg-sea-soft' : ''}>
      <Td>
        <input
          type="checkbox"
          className="size-4 accent-(--sea)"
          aria-label={`Choose ${tag.name}`}
          checked={chosen}
          onChange={onToggle}
        />
      </Td>
      <Td wrap>
        <PlaceLink
          repository={repository}
          reference={tag.name}
          className="font-medium text-sea hover:underline"
        >
          {tag.name}
        </PlaceLink>{' '}
        {kind.tool !== 'docker' && <Badge>{kind.name}</Badge>}
      </Td>
      <Td>
        <Digest digest={tag.digest} />
      </Td>
      <Td>
        <span title={tag.platforms.join(', ')} className="text-faint">
          {tag.platforms.slice(0, SHOWN_PLATFORMS).join(', ')}
          {tag.platforms.length > SHOWN_PLATFORMS &&
            ` and ${tag.platforms.length - SHOWN_PLATFORMS} more`}
        </span>
      </Td>
      <Td right>
        <Bytes count={tag.bytes} />
      </Td>
      <Td>
        <Time at={tag.at} />{' '}
        {tag.actor !== '' && <span className="text-faint">by {tag.actor}</span>}
      </Td>
      <Td right>{tag.pulls}</Td>
      <Td>
        <Time at={tag.lastPulledAt} />
      </Td>
    </tr>
  );
}

/** Says what goes, and what that frees, before anything does. */
function DeleteTags({
  repository,
  tags,
  onClose,
  onDone,
}: {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const asking = { parameters: { repository }, body: { tags: [...tags] } };
  const rehearsal = useAnswer('rehearseDeletion', asking);
  const remove = useChange('deleteTags');
  return (
    <Dialog
      title={tags.length === 1 ? `Delete ${tags[0] ?? ''}?` : `Delete ${tags.length} tags?`}
      onClose={onClose}
    >
      <Answered of={rehearsal} lines={2}>
        {(goes) => (
          <Form
            submit="Delete"
            look="alarming"
            extra={<Button onClick={onClose}>Leave them</Button>}
            onSubmit={async () => {
              await remove.mutateAsync(asking);
              onDone();
              onClose();
            }}
          >
            <p>
              <Count of={goes.tags} one="tag" /> and <Count of={goes.manifests} one="manifest" /> go
              into the trash, with the signatures and attestations of what goes.
            </p>
            <Notice>
              The trash holds <Bytes count={goes.bytes} /> more. In the end it frees{' '}
              <Bytes count={goes.frees} />; the rest is in use elsewhere.
            </Notice>
            <p className="max-h-40 overflow-y-auto text-sm break-words text-faint">
              {tags.join(', ')}
            </p>
          </Form>
        )}
      </Answered>
    </Dialog>
  );
}
