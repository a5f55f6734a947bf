import { BookText, Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useAnswer, useChange } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Command } from '../../parts/copy.tsx';
import { Form, TextArea, TextField } from '../../parts/form.tsx';
import { Card, Facts, Section } from '../../parts/page.tsx';
import { PlaceLink } from '../../parts/place-link.tsx';
import { Pull } from '../../parts/pull.tsx';
import { Answered, Empty, Loading } from '../../parts/states.tsx';
import { Bytes, Count, Time } from '../../parts/values.tsx';
import { artifactKind } from '../../text/artifacts.ts';
import type { Repository } from '../../api/shapes.ts';

// Reading Markdown takes more code than all else on this page.
const Prose = lazy(async () => ({ default: (await import('../../parts/markdown.tsx')).Prose }));

/** What it is, in its owner's words, and how to get it. */
export function Overview({ repository }: { readonly repository: Repository }) {
  const [editing, setEditing] = useState(false);
  const { name, readme, may } = repository;
  const maintains = may.includes('maintain');
  return (
    <div className="grid grid-cols-1 gap-8 lg:grid-cols-[minmax(0,1fr)_21rem]">
      <div className="min-w-0">
        {editing ? (
          <Edit repository={repository} onDone={() => setEditing(false)} />
        ) : readme === '' ? (
          <Empty title="Nobody has said yet what this is" icon={<BookText aria-hidden />}>
            {maintains && (
              <Button className="mt-3" onClick={() => setEditing(true)}>
                Write a README
              </Button>
            )}
          </Empty>
        ) : (
          <Card className="p-6">
            {maintains && (
              <div className="float-right">
                <Button onClick={() => setEditing(true)}>
                  <Pencil size={15} aria-hidden /> Edit
                </Button>
              </div>
            )}
            <Suspense fallback={<Loading />}>
              <Prose text={readme} />
            </Suspense>
          </Card>
        )}
      </div>
      <aside className="space-y-6">
        <Latest repository={name} pushable={may.includes('push')} />
        <Card>
          <Facts
            items={[
              ['Tags', <Count key="t" of={repository.tags} one="tag" />],
              ['Stored', <Bytes key="b" count={repository.bytes} />],
              ['Last push', <Time key="p" at={repository.lastPushAt} />],
              ['Pulls', <Count key="c" of={repository.pulls} one="pull" />],
              ['Last pull', <Time key="l" at={repository.lastPulledAt} />],
              ['Since', <Time key="s" at={repository.createdAt} />],
            ]}
          />
        </Card>
      </aside>
    </div>
  );
}

/** The newest tags, and how to pull the newest. */
function Latest({
  repository,
  pushable,
}: {
  readonly repository: string;
  readonly pushable: boolean;
}) {
  const tags = useAnswer('listTags', {
    parameters: { repository },
    query: { sort: '-pushed', limit: 5 },
  });
  return (
    <Section title="Pull">
      <Answered of={tags} lines={2}>
        {({ items: [newest, ...others] }) =>
          newest === undefined ? (
            <div className="space-y-2">
              <p className="text-faint">There is nothing to pull yet.</p>
              {pushable && <Command text={`docker push ${location.host}/${repository}:latest`} />}
            </div>
          ) : (
            <>
              <Pull repository={repository} reference={newest.name} kind={artifactKind(newest)} />
              <p className="mt-3 text-sm text-faint">
                Newest:{' '}
                {[newest, ...others].map(({ name }, index) => (
                  <span key={name}>
                    {index > 0 && ', '}
                    <PlaceLink repository={repository} reference={name}>
                      {name}
                    </PlaceLink>
                  </span>
                ))}
              </p>
            </>
          )
        }
      </Answered>
    </Section>
  );
}

function Edit({
  repository,
  onDone,
}: {
  readonly repository: Repository;
  readonly onDone: () => void;
}) {
  const { name, description, readme } = repository;
  const describe = useChange('updateRepository');
  const write = useChange('setReadme');
  return (
    <Card>
      <Form
        submit="Save"
        extra={<Button onClick={onDone}>Leave it</Button>}
        onSubmit={async (entered) => {
          const parameters = { repository: name };
          if (entered.description !== description) {
            await describe.mutateAsync({
              parameters,
              body: { description: entered.description ?? '' },
            });
          }
          await write.mutateAsync({ parameters, body: { readme: entered.readme ?? '' } });
          onDone();
        }}
      >
        <TextField
          label="Description"
          name="description"
          defaultValue={description}
          hint="One sentence, for lists."
        />
        <TextArea
          label="README"
          name="readme"
          defaultValue={readme}
          rows={18}
          hint="Markdown: headings, lists, tables, code."
        />
      </Form>
    </Card>
  );
}
