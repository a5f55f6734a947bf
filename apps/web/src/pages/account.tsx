import { useSearch } from '@tanstack/react-router';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useAnswer, useChange } from '../api/queries.ts';
import { Button } from '../parts/button.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Command } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Choice, Form, TextField } from '../parts/form.tsx';
import { Card, Facts, Page, Section, Tabs } from '../parts/page.tsx';
import { Answered, Empty, Notice } from '../parts/states.tsx';
import { Table, Td, Th } from '../parts/table.tsx';
import { Badge, Time } from '../parts/values.tsx';

export function AccountPage() {
  const { view = 'profile' } = useSearch({ from: '/account' });
  const account = useAnswer('showAccount');
  return (
    <Page title="Your account">
      <Tabs
        label="Your account"
        tabs={[
          ['profile', 'Profile'],
          ['tokens', 'Access tokens'],
          ['sessions', 'Sessions'],
          ['rights', 'What I may do'],
        ].map(([key = '', name = '']) => ({
          name,
          link: { to: '/account', search: { view: key === 'profile' ? undefined : key } },
          current: view === key,
        }))}
      />
      {view === 'tokens' ? (
        <Tokens />
      ) : view === 'sessions' ? (
        <Sessions />
      ) : (
        <Answered of={account}>
          {(known) =>
            view === 'rights' ? <Rights rights={known.rights} /> : <Profile account={known} />
          }
        </Answered>
      )}
    </Page>
  );
}

type Account = NonNullable<ReturnType<typeof useAnswer<'showAccount'>>['data']>;

function Profile({ account }: { readonly account: Account }) {
  const update = useChange('updateAccount');
  const change = useChange('changePassword');
  const [saved, setSaved] = useState('');
  return (
    <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
      <Card>
        <Section title="About you">
          <div className="mb-5">
            <Facts
              items={[
                ['Username', account.name],
                ['Signs in', account.origin ?? 'here'],
                ['Since', <Time key="t" at={account.createdAt} />],
              ]}
            />
          </div>
          <Form
            submit="Save"
            onSubmit={async ({ displayName = '', email = '' }) => {
              await update.mutateAsync({ body: { displayName, email } });
              setSaved('Your profile is saved.');
            }}
          >
            <TextField label="Display name" name="displayName" defaultValue={account.displayName} />
            <TextField label="E-mail" name="email" type="email" defaultValue={account.email} />
          </Form>
        </Section>
      </Card>
      {account.origin === 'local' && (
        <Card>
          <Section title="Password">
            <Form
              submit="Change the password"
              onSubmit={async (entered) => {
                const { old = '', new: chosen = '', again = '' } = entered;
                if (chosen !== again) throw new Error('The new password was entered in two ways.');
                await change.mutateAsync({ body: { old, new: chosen } });
                setSaved('Your password is changed. All other browsers are signed out.');
              }}
            >
              <TextField
                label="Password now"
                name="old"
                type="password"
                autoComplete="current-password"
                required
              />
              <TextField
                label="New password"
                name="new"
                type="password"
                autoComplete="new-password"
                required
              />
              <TextField
                label="New password again"
                name="again"
                type="password"
                autoComplete="new-password"
                required
              />
            </Form>
          </Section>
        </Card>
      )}
      <div role="status">{saved !== '' && <Notice tone="sea">{saved}</Notice>}</div>
    </div>
  );
}

const DAYS = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
] as const;
const REACH = [
  ['pull', 'Pull from everything that I may'],
  ['push', 'Pull and push everything that I may'],
  ['all', 'Everything that I may, the management API too'],
] as const;

function Tokens() {
  const tokens = useAnswer('listTokens');
  const create = useChange('createToken');
  const revoke = useChange('revokeToken');
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<{ readonly id: string; readonly name: string }>();
  const [secret, setSecret] = useState<string>();
  return (
    <Section
      title="Access tokens"
      actions={
        <Button look="strong" onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden /> New token
        </Button>
      }
    >
      <p className="mb-4 max-w-2xl text-faint">
        For what signs in without you: a build, a laptop. A token takes the place of your password
        in <code className="font-mono text-[13px]">docker login</code> and can do no more than it
        was made for.
      </p>
      <Answered of={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="You have no access token" icon={<KeyRound aria-hidden />} />
          ) : (
            <Table
              label="Access tokens"
              head={
                <>
                  <Th>Name</Th>
                  <Th>Holds for</Th>
                  <Th>Made</Th>
                  <Th>Ends</Th>
                  <Th>Last used</Th>
                  <Th />
                </>
              }
            >
              {items.map(
                ({ id, name, scopes, api, createdAt, expiresAt, lastUsedAt, lastUsedFrom }) => (
                  <tr key={id}>
                    <Td>{name}</Td>
                    <Td>
                      {scopes === undefined
                        ? 'everything'
                        : scopes
                            .map(
                              ({ repositories, actions }) =>
                                `${actions.join(', ')} on ${repositories}`,
                            )
                            .join('; ')}
                      {api && (
                        <span className="ml-2">
                          <Badge tone="warn">management</Badge>
                        </span>
                      )}
                    </Td>
                    <Td>
                      <Time at={createdAt} />
                    </Td>
                    <Td>
                      <Time at={expiresAt} />
                    </Td>
                    <Td>
                      <Time at={lastUsedAt} />
                      {lastUsedFrom !== undefined && (
                        <span className="text-faint"> from {lastUsedFrom}</span>
                      )}
                    </Td>
                    <Td right>
                      <Button look="quiet" onClick={() => setRevoking({ id, name })}>
                        Revoke
                      </Button>
                    </Td>
                  </tr>
                ),
              )}
            </Table>
          )
        }
      </Answered>
      {making && (
        <Dialog
          title={secret === undefined ? 'New access token' : 'Your access token'}
          onClose={() => {
            setMaking(false);
            setSecret(undefined);
          }}
        >
          {secret === undefined ? (
            <Form
              submit="Make it"
              onSubmit={async ({ name = '', reach = '', days = '' }) => {
                const made = await create.mutateAsync({
                  body: {
                    name,
                    expiresInDays: Number(days),
                    api: reach === 'all',
                    ...(reach !== 'all' && {
                      scopes: [
                        {
                          repositories: '*',
                          actions:
                            reach === 'push' ? (['pull', 'push'] as const) : (['pull'] as const),
                        },
                      ],
                    }),
                  },
                });
                setSecret(made.secret);
              }}
            >
              <TextField
                label="Name"
                name="name"
                required
                hint="Where it will be used: laptop, say."
              />
              <Choice label="It may" name="reach" options={REACH} />
              <Choice label="It ends after" name="days" options={DAYS} defaultValue="90" />
            </Form>
          ) : (
            <>
              <Notice tone="warn">It is shown only now: keep it where you keep passwords.</Notice>
              <Command text={secret} what="the token" />
            </>
          )}
        </Dialog>
      )}
      {revoking !== undefined && (
        <Confirm
          title={`Revoke ${revoking.name}?`}
          action="Revoke it"
          onClose={() => setRevoking(undefined)}
          onConfirm={async () => revoke.mutateAsync({ parameters: { token: revoking.id } })}
        >
          <p>Whatever uses it is refused from now on.</p>
        </Confirm>
      )}
    </Section>
  );
}

function Sessions() {
  const sessions = useAnswer('listSessions');
  const end = useChange('endSession');
  const endOthers = useChange('endOtherSessions');
  return (
    <Section
      title="Browsers that are signed in"
      actions={<Button onClick={() => endOthers.mutate({})}>Sign all others out</Button>}
    >
      <Answered of={sessions}>
        {({ items }) => (
          <Table
            label="Sessions"
            head={
              <>
                <Th>Browser</Th>
                <Th>From</Th>
                <Th>Signed in</Th>
                <Th>Last seen</Th>
                <Th />
              </>
            }
          >
            {items.map(({ id, current, client, address, createdAt, seenAt }) => (
              <tr key={id}>
                <Td>
                  <span className="line-clamp-2 max-w-md">{client}</span>{' '}
                  {current && <Badge tone="sea">this one</Badge>}
                </Td>
                <Td>{address}</Td>
                <Td>
                  <Time at={createdAt} />
                </Td>
                <Td>
                  <Time at={seenAt} />
                </Td>
                <Td right>
                  {!current && (
                    <Button
                      look="quiet"
                      onClick={() => end.mutate({ parameters: { session: id } })}
                    >
                      Sign out
                    </Button>
                  )}
                </Td>
              </tr>
            ))}
          </Table>
        )}
      </Answered>
    </Section>
  );
}

function Rights({ rights }: { readonly rights: Account['rights'] }) {
  return (
    <Section title="What you may do, and why">
      <Table
        label="Rights"
        head={
          <>
            <Th>On repositories</Th>
            <Th>You have the role</Th>
            <Th>Through</Th>
          </>
        }
      >
        {rights.map(({ repositories, role, through }) => (
          <tr key={`${repositories} ${role} ${through}`}>
            <Td>
              <code className="font-mono text-[13px]">{repositories}</code>
            </Td>
            <Td>
              <Badge>{role}</Badge>
            </Td>
            <Td>{through}</Td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}
