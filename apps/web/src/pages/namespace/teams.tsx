import { Plus, Users } from 'lucide-react';
import { useState } from 'react';
import { useAnswer, useChange, usePages } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Choice, Form, TextField } from '../../parts/form.tsx';
import { Listed } from '../../parts/listed.tsx';
import { Card, Section } from '../../parts/page.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Count } from '../../parts/values.tsx';

/** Teams of an organisation, who is in them, and on which repositories they have which role. */
export function Teams({
  organisation,
  administers,
}: {
  readonly organisation: string;
  readonly administers: boolean;
}) {
  const pages = usePages('listTeams', { parameters: { organisation } });
  const create = useChange('createTeam');
  const [making, setMaking] = useState(false);
  const [opened, setOpened] = useState<string>();
  return (
    <>
      <Section
        title="Teams"
        actions={
          administers && (
            <Button onClick={() => setMaking(true)}>
              <Plus size={16} aria-hidden /> New team
            </Button>
          )
        }
      >
        <Listed
          of={pages}
          empty={
            <Empty title="There is no team yet" icon={<Users aria-hidden />}>
              A team is granted a role on repositories once; whoever joins it has that role.
            </Empty>
          }
        >
          {(items) => (
            <>
              <ul className="divide-y divide-line rounded-lg border border-line bg-sheet">
                {items.map(({ name, description, members }) => (
                  <li key={name} className="flex items-center justify-between gap-3 px-4 py-3">
                    <div>
                      <span className="font-medium">{name}</span>
                      {description !== '' && <p className="text-sm text-faint">{description}</p>}
                    </div>
                    <div className="flex items-center gap-3 text-sm text-faint">
                      <Count of={members} one="member" />
                      <Button onClick={() => setOpened(name)}>Open</Button>
                    </div>
                  </li>
                ))}
              </ul>
            </>
          )}
        </Listed>
      </Section>
      {administers && <Grants namespace={organisation} />}
      {making && (
        <Dialog title="New team" onClose={() => setMaking(false)}>
          <Form
            submit="Make it"
            onSubmit={async ({ name = '', description = '' }) => {
              await create.mutateAsync({
                parameters: { organisation },
                body: { name, description },
              });
              setMaking(false);
              setOpened(name);
            }}
          >
            <TextField label="Name" name="name" required />
            <TextField label="Description" name="description" />
          </Form>
        </Dialog>
      )}
      {opened !== undefined && (
        <Team
          organisation={organisation}
          team={opened}
          administers={administers}
          onClose={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

function Team({
  organisation,
  team,
  administers,
  onClose,
}: {
  readonly organisation: string;
  readonly team: string;
  readonly administers: boolean;
  readonly onClose: () => void;
}) {
  const parameters = { organisation, team };
  const shown = useAnswer('showTeam', { parameters });
  const add = useChange('addTeamMember');
  const remove = useChange('removeTeamMember');
  return (
    <Dialog title={`Team ${team}`} onClose={onClose}>
      <Answered of={shown}>
        {({ members, groups }) => (
          <>
            {members.length === 0 && <p className="text-faint">Nobody is in it yet.</p>}
            <ul className="divide-y divide-line">
              {members.map(({ username, byGroup }) => (
                <li key={username} className="flex items-center justify-between py-1.5">
                  <span>
                    {username} {byGroup && <Badge>by group</Badge>}
                  </span>
                  {administers && !byGroup && (
                    <Button
                      look="quiet"
                      onClick={() => remove.mutate({ parameters: { ...parameters, username } })}
                    >
                      Remove
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            {groups.length > 0 && (
              <p className="text-sm text-faint">
                Whoever is in {groups.map(({ origin, name }) => `${name} (${origin})`).join(', ')}{' '}
                is in it, too.
              </p>
            )}
            {administers && (
              <Form
                submit="Add"
                look="plain"
                onSubmit={async ({ username = '' }) =>
                  add.mutateAsync({ parameters: { ...parameters, username } })
                }
              >
                <TextField label="Add a member of the organisation" name="username" required />
              </Form>
            )}
          </>
        )}
      </Answered>
    </Dialog>
  );
}

const ROLES = [
  ['pull', 'pull'],
  ['push', 'push (and pull)'],
  ['maintain', 'maintain (and delete, describe)'],
  ['admin', 'admin (and who else may)'],
] as const;

/** Who has which role on which repositories. */
function Grants({ namespace }: { readonly namespace: string }) {
  const pages = usePages('listGrants', { parameters: { namespace } });
  const create = useChange('createGrant');
  const remove = useChange('deleteGrant');
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<{ readonly id: string; readonly words: string }>();
  return (
    <Section
      title="Roles on repositories"
      actions={
        <Button onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden /> Grant a role
        </Button>
      }
    >
      <Listed
        of={pages}
        empty={
          <Empty title="Nobody was granted anything">Only owners may use these repositories.</Empty>
        }
      >
        {(items) => (
          <Table
            label="Roles on repositories"
            head={
              <>
                <Th>Who</Th>
                <Th>Role</Th>
                <Th>Repositories</Th>
                <Th />
              </>
            }
          >
            {items.map(({ id, team, account, robot, role, pattern }) => {
              const [kind, name] =
                team !== undefined
                  ? ['team', team]
                  : account !== undefined
                    ? ['person', account]
                    : ['robot', robot ?? ''];
              return (
                <tr key={id}>
                  <Td>
                    {name} <span className="text-faint">{kind}</span>
                  </Td>
                  <Td>
                    <Badge>{role}</Badge>
                  </Td>
                  <Td>
                    <code className="font-mono text-[13px]">
                      {namespace}/{pattern}
                    </code>
                  </Td>
                  <Td right>
                    <Button
                      look="quiet"
                      onClick={() => setRemoving({ id, words: `${role} on ${pattern} of ${name}` })}
                    >
                      Take back
                    </Button>
                  </Td>
                </tr>
              );
            })}
          </Table>
        )}
      </Listed>
      {making && (
        <Dialog title="Grant a role" onClose={() => setMaking(false)}>
          <Form
            submit="Grant it"
            onSubmit={async ({ kind = '', name = '', role = '', pattern = '' }) => {
              await create.mutateAsync({
                parameters: { namespace },
                body: { pattern, role: role as 'pull', [kind]: name },
              });
              setMaking(false);
            }}
          >
            <Choice
              label="To a"
              name="kind"
              options={[
                ['team', 'team'],
                ['account', 'person'],
                ['robot', 'robot'],
              ]}
            />
            <TextField label="Called" name="name" required />
            <Choice label="Role" name="role" options={ROLES} />
            <TextField
              label="On repositories"
              name="pattern"
              required
              defaultValue="*"
              hint={`web, web-*, or * for all of ${namespace}. It holds for those that will be made, too.`}
            />
          </Form>
        </Dialog>
      )}
      {removing !== undefined && (
        <Confirm
          title="Take the role back?"
          action="Take it back"
          onClose={() => setRemoving(undefined)}
          onConfirm={async () =>
            remove.mutateAsync({ parameters: { namespace, grant: removing.id } })
          }
        >
          <Card>{removing.words}</Card>
          <p>It counts at once, on every replica.</p>
        </Confirm>
      )}
    </Section>
  );
}
