import { Bot, Plus } from 'lucide-react';
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
import { Badge, Time } from '../../parts/values.tsx';

/** Accounts of machines, and their secrets. */
export function Robots({ namespace }: { readonly namespace: string }) {
  const pages = usePages('listRobots', { parameters: { namespace } });
  const create = useChange('createRobot');
  const grant = useChange('createGrant');
  const [making, setMaking] = useState(false);
  const [opened, setOpened] = useState<string>();
  return (
    <Section
      title="Robots"
      actions={
        <Button look="strong" onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden /> New robot
        </Button>
      }
    >
      <p className="mb-4 max-w-2xl text-faint">
        A robot is a machine's account: it may do what it was granted and belongs to nobody who
        could leave.
      </p>
      <Listed of={pages} empty={<Empty title="There is no robot yet" icon={<Bot aria-hidden />} />}>
        {(items) => (
          <>
            <ul className="divide-y divide-line rounded-lg border border-line bg-sheet">
              {items.map(({ name, description, grants, createdBy, createdAt, disabledAt }) => (
                <li
                  key={name}
                  className="flex flex-wrap items-center justify-between gap-3 px-4 py-3"
                >
                  <div>
                    <span className="font-medium">{name}</span>{' '}
                    {disabledAt !== undefined && <Badge tone="alarm">disabled</Badge>}
                    {description !== '' && <p className="text-sm text-faint">{description}</p>}
                    <p className="text-sm text-faint">
                      {grants.map(({ role, pattern }) => `${role} on ${pattern}`).join(', ') ||
                        'granted nothing'}
                    </p>
                  </div>
                  <div className="flex items-center gap-3 text-sm text-faint">
                    <span>
                      {createdBy}, <Time at={createdAt} />
                    </span>
                    <Button onClick={() => setOpened(name.split('+')[1])}>Secrets</Button>
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Listed>
      {making && (
        <Dialog title="New robot" onClose={() => setMaking(false)}>
          <Form
            submit="Make it"
            onSubmit={async ({ name = '', description = '', role = '', pattern = '' }) => {
              await create.mutateAsync({ parameters: { namespace }, body: { name, description } });
              await grant.mutateAsync({
                parameters: { namespace },
                body: { robot: name, role: role as 'pull', pattern },
              });
              setMaking(false);
              setOpened(name);
            }}
          >
            <TextField
              label={`Name, behind ${namespace}+`}
              name="name"
              required
              hint="ci, for the builds"
            />
            <TextField label="Description" name="description" />
            <Choice
              label="It may"
              name="role"
              options={[
                ['pull', 'pull'],
                ['push', 'push and pull'],
              ]}
            />
            <TextField
              label="On repositories"
              name="pattern"
              required
              defaultValue="*"
              hint="web, web-*, or * for all"
            />
          </Form>
        </Dialog>
      )}
      {opened !== undefined && (
        <Secrets namespace={namespace} robot={opened} onClose={() => setOpened(undefined)} />
      )}
    </Section>
  );
}

function Secrets({
  namespace,
  robot,
  onClose,
}: {
  readonly namespace: string;
  readonly robot: string;
  readonly onClose: () => void;
}) {
  const parameters = { namespace, robot };
  const secrets = useAnswer('listSecrets', { parameters });
  const create = useChange('createSecret');
  const revoke = useChange('revokeSecret');
  const [shown, setShown] = useState<string>();
  const [revoking, setRevoking] = useState<string>();
  const name = `${namespace}+${robot}`;
  return (
    <Dialog title={`Secrets of ${name}`} onClose={onClose}>
      {shown !== undefined && (
        <>
          <Notice tone="warn">It is shown only now: put it where your builds keep secrets.</Notice>
          <Command text={shown} what="the secret" />
          <Command
            text={`docker login ${location.host} --username ${name} --password-stdin`}
            what="how to sign in"
          />
        </>
      )}
      <Answered of={secrets}>
        {({ items }) => (
          <ul className="divide-y divide-line">
            {items.length === 0 && <li className="text-faint">It has no secret yet.</li>}
            {items.map((each) => (
              <li key={each.id} className="flex items-center justify-between gap-3 py-2">
                <span>
                  {each.name}{' '}
                  <span className="text-sm text-faint">
                    used <Time at={each.lastUsedAt} />, ends <Time at={each.expiresAt} />
                  </span>
                </span>
                <Button look="quiet" onClick={() => setRevoking(each.id)}>
                  Revoke
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Answered>
      <Form
        submit="Make a secret"
        look="plain"
        onSubmit={async ({ label = '' }) => {
          const made = await create.mutateAsync({ parameters, body: { name: label } });
          setShown(made.secret);
        }}
      >
        <TextField
          label="A new one, called"
          name="label"
          required
          hint="Where it is used: build server, say."
        />
      </Form>
      {revoking !== undefined && (
        <Confirm
          title="Revoke the secret?"
          action="Revoke it"
          onClose={() => setRevoking(undefined)}
          onConfirm={async () =>
            revoke.mutateAsync({ parameters: { ...parameters, secret: revoking } })
          }
        >
          <p>Whatever signs in with it is refused from now on.</p>
        </Confirm>
      )}
    </Dialog>
  );
}
