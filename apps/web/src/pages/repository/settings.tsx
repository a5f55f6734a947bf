import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAnswer, useChange } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Choice, Form, TextArea, TextField } from '../../parts/form.tsx';
import { Card, Section } from '../../parts/page.tsx';
import { Answered, Notice } from '../../parts/states.tsx';
import { lines } from '../../text/lines.ts';
import type { Repository } from '../../api/shapes.ts';

export function SettingsOf({ repository }: { readonly repository: Repository }) {
  const administers = repository.may.includes('administer');
  if (!administers) {
    return (
      <Notice>
        Only whoever has the role admin on {repository.name} changes who may pull, which tags stay
        as they are, its name, and whether it is there.
      </Notice>
    );
  }
  return (
    <div className="max-w-2xl space-y-8">
      <Visibility repository={repository} />
      <ImmutableTags repository={repository.name} />
      <Move repository={repository.name} />
      <Delete repository={repository} />
    </div>
  );
}

function Visibility({ repository: { name, visibility } }: { readonly repository: Repository }) {
  const change = useChange('setVisibility');
  return (
    <Section title="Who may pull">
      <Card>
        <Form
          submit="Save"
          look="plain"
          onSubmit={async (entered) =>
            change.mutateAsync({
              parameters: { repository: name },
              body: { visibility: entered.visibility === 'public' ? 'public' : 'private' },
            })
          }
        >
          <Choice
            label="Visibility"
            name="visibility"
            defaultValue={visibility}
            options={[
              ['private', 'Private: those who were given a role'],
              ['public', 'Public: everybody, without signing in'],
            ]}
          />
        </Form>
      </Card>
    </Section>
  );
}

function ImmutableTags({ repository }: { readonly repository: string }) {
  const parameters = { repository };
  const shown = useAnswer('showImmutableTags', { parameters });
  const change = useChange('setImmutableTags');
  return (
    <Section title="Tags that stay as they are">
      <Card>
        <Answered of={shown} lines={2}>
          {({ patterns, inherited }) => (
            <Form
              submit="Save"
              look="plain"
              onSubmit={async (entered) =>
                change.mutateAsync({
                  parameters,
                  body: { patterns: lines(entered.patterns ?? '') },
                })
              }
            >
              <TextArea
                label="Patterns"
                name="patterns"
                rows={3}
                defaultValue={patterns.join('\n')}
                hint="One in a line: v* for all that begin with v; * and !latest for all but latest."
              />
              {inherited.length > 0 && (
                <p className="text-sm text-faint">The namespace adds: {inherited.join(', ')}</p>
              )}
            </Form>
          )}
        </Answered>
      </Card>
    </Section>
  );
}

function Move({ repository }: { readonly repository: string }) {
  const move = useChange('moveRepository');
  const navigate = useNavigate();
  return (
    <Section title="Name">
      <Card>
        <Form
          submit="Give it this name"
          look="plain"
          onSubmit={async ({ name = '' }) => {
            const moved = await move.mutateAsync({ parameters: { repository }, body: { name } });
            await navigate({ to: '/r/$', params: { _splat: moved.name } });
          }}
        >
          <TextField
            label="The whole name"
            name="name"
            defaultValue={repository}
            required
            hint="Whoever pulls it by the old name is told that it is not there."
          />
        </Form>
      </Card>
    </Section>
  );
}

function Delete({ repository: { name, tags } }: { readonly repository: Repository }) {
  const remove = useChange('deleteRepository');
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  return (
    <Section title="Delete">
      <Card className="flex flex-wrap items-center justify-between gap-3">
        <p>It goes into the trash, with all it has, and can be taken back for a while.</p>
        <Button look="alarming" onClick={() => setAsking(true)}>
          Delete the repository
        </Button>
      </Card>
      {asking && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete it"
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await remove.mutateAsync({ parameters: { repository: name } });
            await navigate({
              to: '/n/$namespace',
              params: { namespace: name.split('/')[0] ?? '' },
              search: { view: 'trash' },
            });
          }}
        >
          <p>
            {tags === 1 ? 'Its tag goes' : `Its ${tags} tags go`} with it. Nobody can pull from it
            any more.
          </p>
        </Confirm>
      )}
    </Section>
  );
}
