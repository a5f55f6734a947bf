import { useSearch } from '@tanstack/react-router';
import { CircleCheck, CircleX, Plus } from 'lucide-react';
import { useState } from 'react';
import { useAnswer, useChange, usePages } from '../api/queries.ts';
import { useVisitor } from '../api/session.ts';
import { Button } from '../parts/button.tsx';
import { Command } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Form, TextField } from '../parts/form.tsx';
import { Listed } from '../parts/listed.tsx';
import { Page, Section, Tabs } from '../parts/page.tsx';
import { Answered, Notice, Refused } from '../parts/states.tsx';
import { Table, Td, Th } from '../parts/table.tsx';
import { Badge, Time } from '../parts/values.tsx';
import { Refusal } from '../api/ask.ts';
import { WholeAudit } from './audit.tsx';
import { AllTrash } from './trash.tsx';

const VIEWS = [
  ['people', 'People'],
  ['audit', 'Audit log'],
  ['trash', 'Trash'],
  ['health', 'Health'],
] as const;

export function AdminPage() {
  const { view = 'people' } = useSearch({ from: '/admin' });
  const visitor = useVisitor();
  if (visitor && !visitor.administrator) {
    return (
      <Page title="Administration">
        <Refused
          error={
            new Refusal(
              403,
              'denied',
              `${visitor.name} does not administer this registry; ask whoever does.`,
            )
          }
        />
      </Page>
    );
  }
  return (
    <Page title="Administration">
      <Tabs
        label="Administration"
        tabs={VIEWS.map(([key, name]) => ({
          name,
          current: key === view,
          link: { to: '/admin', search: { view: key === 'people' ? undefined : key } },
        }))}
      />
      {view === 'audit' ? (
        <WholeAudit />
      ) : view === 'trash' ? (
        <AllTrash />
      ) : view === 'health' ? (
        <Health />
      ) : (
        <Accounts />
      )}
    </Page>
  );
}

function Accounts() {
  const [q, setQ] = useState('');
  const pages = usePages('listAccounts', { query: { q: q || undefined, limit: 50 } });
  const create = useChange('createAccount');
  const disable = useChange('disableAccount');
  const enable = useChange('enableAccount');
  const reset = useChange('resetPassword');
  const [making, setMaking] = useState(false);
  const [link, setLink] = useState<string>();
  return (
    <Section
      title="People"
      actions={
        <Button look="strong" onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden /> New account
        </Button>
      }
    >
      <div className="mb-4 max-w-sm">
        <TextField
          label="Search by name or e-mail"
          type="search"
          value={q}
          onChange={({ target }) => setQ(target.value)}
        />
      </div>
      <Listed of={pages}>
        {(items) => (
          <Table
            label="Accounts"
            head={
              <>
                <Th>Username</Th>
                <Th>Name</Th>
                <Th>E-mail</Th>
                <Th>Signs in</Th>
                <Th>Since</Th>
                <Th />
              </>
            }
          >
            {items.map(
              ({ username, displayName, email, administrator, origin, createdAt, disabledAt }) => (
                <tr key={username}>
                  <Td>
                    {username} {administrator && <Badge tone="sea">administrator</Badge>}{' '}
                    {disabledAt !== undefined && <Badge tone="alarm">disabled</Badge>}
                  </Td>
                  <Td>{displayName}</Td>
                  <Td>{email}</Td>
                  <Td>{origin === 'local' ? 'here' : origin}</Td>
                  <Td>
                    <Time at={createdAt} />
                  </Td>
                  <Td right>
                    <span className="inline-flex gap-1">
                      {origin === 'local' && (
                        <Button
                          look="quiet"
                          onClick={() =>
                            void reset
                              .mutateAsync({ parameters: { username } })
                              .then(({ url }) => setLink(url))
                          }
                        >
                          New password
                        </Button>
                      )}
                      <Button
                        look="quiet"
                        onClick={() =>
                          (disabledAt === undefined ? disable : enable).mutate({
                            parameters: { username },
                          })
                        }
                      >
                        {disabledAt === undefined ? 'Disable' : 'Enable'}
                      </Button>
                    </span>
                  </Td>
                </tr>
              ),
            )}
          </Table>
        )}
      </Listed>
      {(disable.error ?? reset.error) !== null && (
        <div className="mt-3">
          <Notice tone="alarm">{(disable.error ?? reset.error)?.message}</Notice>
        </div>
      )}
      {making && (
        <Dialog title="New account" onClose={() => setMaking(false)}>
          <Form
            submit="Make it"
            onSubmit={async ({ username = '', displayName = '', email = '' }) => {
              const made = await create.mutateAsync({
                body: {
                  username,
                  ...(displayName !== '' && { displayName }),
                  ...(email !== '' && { email }),
                },
              });
              setMaking(false);
              setLink(made.link?.url);
            }}
          >
            <TextField label="Username" name="username" required />
            <TextField label="Name" name="displayName" />
            <TextField label="E-mail" name="email" type="email" />
          </Form>
        </Dialog>
      )}
      {link !== undefined && (
        <Dialog title="A link to choose a password" onClose={() => setLink(undefined)}>
          <Notice tone="warn">
            It holds once, and whoever has it may use it. It is shown only now.
          </Notice>
          <Command text={link} what="the link" />
        </Dialog>
      )}
    </Section>
  );
}

function Health() {
  const examined = useAnswer('examine');
  return (
    <Section
      title="What this server depends on"
      actions={<Button onClick={() => void examined.refetch()}>Look again</Button>}
    >
      <Answered of={examined}>
        {({ items }) => (
          <ul className="divide-y divide-line rounded-lg border border-line bg-sheet">
            {items.map(({ check, ok, finding, fix }) => (
              <li key={check} className="flex gap-3 px-4 py-3">
                {ok ? (
                  <CircleCheck className="mt-0.5 shrink-0 text-sea" size={18} aria-label="well" />
                ) : (
                  <CircleX className="mt-0.5 shrink-0 text-alarm" size={18} aria-label="not well" />
                )}
                <div>
                  <p className="font-medium">{check}</p>
                  <p className="text-faint">{finding}</p>
                  {fix !== undefined && <p className="mt-1">{fix}</p>}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Answered>
    </Section>
  );
}
