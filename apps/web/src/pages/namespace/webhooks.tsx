import { Plus, Webhook } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../../api/ask.ts';
import { useChange, usePages } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Command } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Choice, Form, TextField } from '../../parts/form.tsx';
import { Listed } from '../../parts/listed.tsx';
import { Section } from '../../parts/page.tsx';
import { Empty, Notice } from '../../parts/states.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Time } from '../../parts/values.tsx';

type Hook = Answer<'listWebhooks'>['items'][number];

const EVENTS = ['push', 'pull', 'delete', 'restore', 'retention', 'quota'] as const;
const EVENTS_BY_DEFAULT: readonly string[] = ['push', 'delete'];

/** Who is told what happens in a namespace. */
export function Webhooks({ namespace }: { readonly namespace: string }) {
  const pages = usePages('listWebhooks', { parameters: { namespace } });
  const ping = useChange('pingWebhook');
  const update = useChange('updateWebhook');
  const remove = useChange('deleteWebhook');
  const [making, setMaking] = useState(false);
  const [opened, setOpened] = useState<Hook>();
  const [removing, setRemoving] = useState<Hook>();
  const of = ({ id }: Hook) => ({ namespace, webhook: id });
  return (
    <Section
      title="Webhooks"
      actions={
        <Button look="strong" onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden /> New webhook
        </Button>
      }
    >
      <Listed
        of={pages}
        empty={
          <Empty title="Nobody is told what happens here" icon={<Webhook aria-hidden />}>
            A webhook is sent a signed message for each push, deletion or restore, until it takes
            it.
          </Empty>
        }
      >
        {(items) => (
          <>
            <ul className="divide-y divide-line rounded-lg border border-line bg-sheet">
              {items.map((hook) => (
                <li
                  key={hook.id}
                  className="flex flex-wrap items-center justify-between gap-3 px-4 py-3"
                >
                  <div className="min-w-0">
                    <span className="font-medium">{hook.name}</span>{' '}
                    {!hook.enabled && <Badge tone="warn">switched off</Badge>}
                    <p className="text-sm break-all text-faint">
                      {hook.url} is told of {hook.events.join(', ')} as {hook.format}
                    </p>
                  </div>
                  <div className="flex flex-wrap gap-1">
                    <Button onClick={() => setOpened(hook)}>Deliveries</Button>
                    <Button look="quiet" onClick={() => ping.mutate({ parameters: of(hook) })}>
                      Send a ping
                    </Button>
                    <Button
                      look="quiet"
                      onClick={() =>
                        update.mutate({ parameters: of(hook), body: { enabled: !hook.enabled } })
                      }
                    >
                      {hook.enabled ? 'Switch off' : 'Switch on'}
                    </Button>
                    <Button look="quiet" onClick={() => setRemoving(hook)}>
                      Remove
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Listed>
      {making && <NewWebhook namespace={namespace} onClose={() => setMaking(false)} />}
      {opened !== undefined && (
        <Deliveries namespace={namespace} hook={opened} onClose={() => setOpened(undefined)} />
      )}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing.name}?`}
          action="Remove"
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => remove.mutateAsync({ parameters: of(removing) })}
        >
          <p>It is told nothing more, and what waits for it is forgotten.</p>
        </Confirm>
      )}
    </Section>
  );
}

function NewWebhook({
  namespace,
  onClose,
}: {
  readonly namespace: string;
  readonly onClose: () => void;
}) {
  const create = useChange('createWebhook');
  const [secret, setSecret] = useState<string>();
  if (secret !== undefined) {
    return (
      <Dialog title="The webhook's secret" onClose={onClose}>
        <Notice tone="warn">
          The receiver proves by it that a message is from here. It is shown only now.
        </Notice>
        <Command text={secret} what="the secret" />
      </Dialog>
    );
  }
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <Form
        submit="Make it"
        onSubmit={async ({ name = '', url = '', format = '', ...entered }) => {
          const made = await create.mutateAsync({
            parameters: { namespace },
            body: {
              name,
              url,
              format: format === 'distribution' ? 'distribution' : 'cloudevents',
              events: EVENTS.filter((event) => event in entered),
            },
          });
          setSecret(made.secret);
        }}
      >
        <TextField label="Name" name="name" required />
        <TextField label="Address" name="url" type="url" required placeholder="https://" />
        <fieldset>
          <legend className="mb-1 text-sm font-medium">It is told of</legend>
          <div className="flex flex-wrap gap-x-5 gap-y-1">
            {EVENTS.map((event) => (
              <label key={event} className="flex items-center gap-1.5">
                <input
                  type="checkbox"
                  name={event}
                  className="size-4 accent-(--sea)"
                  defaultChecked={EVENTS_BY_DEFAULT.includes(event)}
                />
                {event}
              </label>
            ))}
          </div>
        </fieldset>
        <Choice
          label="Format"
          name="format"
          options={[
            ['cloudevents', 'CloudEvents'],
            ['distribution', 'as CNCF Distribution tells it'],
          ]}
        />
      </Form>
    </Dialog>
  );
}

const TONES = { delivered: 'sea', waiting: 'plain', failed: 'alarm' } as const;

function Deliveries({
  namespace,
  hook,
  onClose,
}: {
  readonly namespace: string;
  readonly hook: Hook;
  readonly onClose: () => void;
}) {
  const parameters = { namespace, webhook: hook.id };
  const pages = usePages('listDeliveries', { parameters });
  const again = useChange('redeliver');
  return (
    <Dialog title={`What ${hook.name} was told`} onClose={onClose}>
      <Listed of={pages} empty={<p className="text-faint">Nothing yet.</p>}>
        {(items) => (
          <Table
            label="Deliveries"
            head={
              <>
                <Th>When</Th>
                <Th>Of what</Th>
                <Th>It was</Th>
                <Th />
              </>
            }
          >
            {items.map(({ id, createdAt, type, resource, state, error }) => (
              <tr key={id}>
                <Td>
                  <Time at={createdAt} />
                </Td>
                <Td wrap>
                  {type} {resource}
                </Td>
                <Td>
                  <Badge tone={TONES[state]}>{state}</Badge>
                  {error !== undefined && <p className="text-faint">{error}</p>}
                </Td>
                <Td right>
                  <Button
                    look="quiet"
                    onClick={() => again.mutate({ parameters: { ...parameters, delivery: id } })}
                  >
                    Again
                  </Button>
                </Td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
    </Dialog>
  );
}
