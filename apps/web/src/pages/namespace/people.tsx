import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useAnswer, useChange, usePages } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Command } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Choice, Form, TextField } from '../../parts/form.tsx';
import { Listed } from '../../parts/listed.tsx';
import { Section } from '../../parts/page.tsx';
import { Answered, Empty, Notice } from '../../parts/states.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Time } from '../../parts/values.tsx';

const ROLES = [
  ['member', 'Member: may do what teams and grants say'],
  ['owner', 'Owner: may do everything'],
] as const;

export function People({
  organisation,
  administers,
}: {
  readonly organisation: string;
  readonly administers: boolean;
}) {
  const pages = usePages('listMembers', { parameters: { organisation } });
  const add = useChange('putMember');
  const remove = useChange('removeMember');
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  return (
    <Section
      title="People"
      actions={
        administers && (
          <Button onClick={() => setAdding(true)}>
            <Plus size={16} aria-hidden /> Add a person
          </Button>
        )
      }
    >
      <Listed of={pages}>
        {(items) => (
          <Table
            label="People"
            head={
              <>
                <Th>Username</Th>
                <Th>Name</Th>
                <Th>Role</Th>
                <Th>Teams</Th>
                <Th>Since</Th>
                <Th />
              </>
            }
          >
            {items.map(({ username, displayName, role, teams, joinedAt }) => (
              <tr key={username}>
                <Td>{username}</Td>
                <Td>{displayName}</Td>
                <Td>
                  <Badge tone={role === 'owner' ? 'sea' : 'plain'}>{role}</Badge>
                </Td>
                <Td>{teams.join(', ')}</Td>
                <Td>
                  <Time at={joinedAt} />
                </Td>
                <Td right>
                  {administers && (
                    <Button look="quiet" onClick={() => setRemoving(username)}>
                      Remove
                    </Button>
                  )}
                </Td>
              </tr>
            ))}
          </Table>
        )}
      </Listed>
      {adding && (
        <Dialog title={`Add a person to ${organisation}`} onClose={() => setAdding(false)}>
          <Form
            submit="Add"
            onSubmit={async ({ username = '', role = '' }) => {
              await add.mutateAsync({
                parameters: { organisation, username },
                body: { role: role === 'owner' ? 'owner' : 'member' },
              });
              setAdding(false);
            }}
          >
            <TextField
              label="Username"
              name="username"
              required
              hint="Somebody with an account here. Others are invited."
            />
            <Choice label="Role" name="role" options={ROLES} />
          </Form>
        </Dialog>
      )}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing} from ${organisation}?`}
          action="Remove"
          onClose={() => setRemoving(undefined)}
          onConfirm={async () =>
            remove.mutateAsync({ parameters: { organisation, username: removing } })
          }
        >
          <p>
            {removing} loses, at once, what they may do here as a member and through teams of{' '}
            {organisation}.
          </p>
        </Confirm>
      )}
    </Section>
  );
}

export function Invitations({ organisation }: { readonly organisation: string }) {
  const parameters = { organisation };
  const invitations = useAnswer('listInvitationsToOrganisation', { parameters });
  const invite = useChange('inviteToOrganisation');
  const revoke = useChange('revokeInvitationToOrganisation');
  const [open, setOpen] = useState(false);
  const [link, setLink] = useState<{ readonly url: string; readonly emailed: boolean }>();
  return (
    <Section
      title="Invitations"
      actions={
        <Button
          onClick={() => {
            setLink(undefined);
            setOpen(true);
          }}
        >
          <Plus size={16} aria-hidden /> Invite
        </Button>
      }
    >
      <Answered of={invitations}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody is invited at the moment" />
          ) : (
            <Table
              label="Invitations"
              head={
                <>
                  <Th>For</Th>
                  <Th>Role</Th>
                  <Th>By</Th>
                  <Th>Ends</Th>
                  <Th />
                </>
              }
            >
              {items.map(({ id, email, role, createdBy, expiresAt }) => (
                <tr key={id}>
                  <Td>{email ?? 'whoever has the link'}</Td>
                  <Td>{role}</Td>
                  <Td>{createdBy}</Td>
                  <Td>
                    <Time at={expiresAt} />
                  </Td>
                  <Td right>
                    <Button
                      look="quiet"
                      onClick={() =>
                        revoke.mutate({ parameters: { organisation, invitation: id } })
                      }
                    >
                      Take back
                    </Button>
                  </Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Answered>
      {open && (
        <Dialog title={`Invite to ${organisation}`} onClose={() => setOpen(false)}>
          {link === undefined ? (
            <Form
              submit="Make the invitation"
              onSubmit={async ({ email = '', role = '' }) => {
                setLink(
                  await invite.mutateAsync({
                    parameters,
                    body: {
                      role: role === 'owner' ? 'owner' : 'member',
                      ...(email !== '' && { email }),
                    },
                  }),
                );
              }}
            >
              <TextField
                label="E-mail"
                name="email"
                type="email"
                hint="Left open, you get a link to pass on yourself."
              />
              <Choice label="Role" name="role" options={ROLES} />
            </Form>
          ) : (
            <>
              <Notice tone="sea">
                {link.emailed
                  ? 'It is on its way by e-mail. The link again, for other ways:'
                  : 'Pass this link on. It holds once, and whoever has it may join:'}
              </Notice>
              <Command text={link.url} what="the link" />
            </>
          )}
        </Dialog>
      )}
    </Section>
  );
}
