import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Package, Plus } from 'lucide-react';
import { useState } from 'react';
import { useAnswer, useChange } from '../api/queries.ts';
import { useVisitor } from '../api/session.ts';
import { Button } from '../parts/button.tsx';
import { Command } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Choice, Form, TextField } from '../parts/form.tsx';
import { Page, Tabs } from '../parts/page.tsx';
import { Repositories } from '../parts/repositories.tsx';
import { Empty } from '../parts/states.tsx';
import { Badge } from '../parts/values.tsx';
import { Invitations, People } from './namespace/people.tsx';
import { Quota } from './namespace/quota.tsx';
import { Robots } from './namespace/robots.tsx';
import { Teams } from './namespace/teams.tsx';
import { Webhooks } from './namespace/webhooks.tsx';
import { TrashOf } from './trash.tsx';
import { AuditOf } from './audit.tsx';

/** What a person or an organisation has: repositories, and who may use them. */
export function NamespacePage() {
  const { namespace } = useParams({ from: '/n/$namespace' });
  const { view = 'repositories' } = useSearch({ from: '/n/$namespace' });
  const visitor = useVisitor();
  const own = visitor?.name === namespace;
  // A person has no people, teams or invitations; only whoever belongs to an organisation may see it.
  const organisation = useAnswer(
    'showOrganisation',
    { parameters: { organisation: namespace } },
    { enabled: visitor !== undefined && !own },
  );
  const account = useAnswer('showAccount');
  const role = account.data?.memberships.find((each) => each.namespace === namespace)?.role;
  const administers = own || role === 'owner' || visitor?.administrator === true;
  const isOrganisation = organisation.data !== undefined;
  const views: readonly (readonly [key: string, name: string])[] = [
    ['repositories', 'Repositories'],
    ...(isOrganisation
      ? ([
          ['people', 'People'],
          ['teams', 'Teams'],
        ] as const)
      : []),
    ...(administers ? ([['robots', 'Robots']] as const) : []),
    ...(administers && isOrganisation ? ([['invitations', 'Invitations']] as const) : []),
    ...(own || isOrganisation ? ([['quota', 'Storage']] as const) : []),
    ...(administers
      ? ([
          ['webhooks', 'Webhooks'],
          ['trash', 'Trash'],
          ['audit', 'Audit log'],
        ] as const)
      : []),
  ];
  return (
    <Page
      title={namespace}
      heading={
        <span className="inline-flex flex-wrap items-center gap-3">
          {namespace} {role !== undefined && !own && <Badge>{role}</Badge>}
        </span>
      }
      lead={organisation.data?.displayName ?? (own ? 'Your own namespace' : undefined)}
      actions={administers ? <NewRepository namespace={namespace} /> : undefined}
    >
      <Tabs
        label={namespace}
        tabs={views.map(([key, name]) => ({
          name,
          current: key === view,
          link: {
            to: '/n/$namespace',
            params: { namespace },
            search: { view: key === 'repositories' ? undefined : key },
          },
        }))}
      />
      <View view={view} namespace={namespace} administers={administers} />
    </Page>
  );
}

function View({
  view,
  namespace,
  administers,
}: {
  readonly view: string;
  readonly namespace: string;
  readonly administers: boolean;
}) {
  switch (view) {
    case 'people':
      return <People organisation={namespace} administers={administers} />;
    case 'teams':
      return <Teams organisation={namespace} administers={administers} />;
    case 'robots':
      return <Robots namespace={namespace} />;
    case 'invitations':
      return <Invitations organisation={namespace} />;
    case 'webhooks':
      return <Webhooks namespace={namespace} />;
    case 'quota':
      return <Quota namespace={namespace} />;
    case 'trash':
      return <TrashOf namespace={namespace} />;
    case 'audit':
      return <AuditOf namespace={namespace} />;
    default:
      return (
        <Repositories
          query={{ namespace }}
          empty={
            <Empty
              title="There is no repository here that you may see"
              icon={<Package aria-hidden />}
            >
              <p className="mb-3">A push makes one:</p>
              <div className="text-left">
                <Command text={`docker push ${location.host}/${namespace}/my-image:latest`} />
              </div>
            </Empty>
          }
        />
      );
  }
}

function NewRepository({ namespace }: { readonly namespace: string }) {
  const create = useChange('createRepository');
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="strong" onClick={() => setOpen(true)}>
        <Plus size={16} aria-hidden /> New repository
      </Button>
      {open && (
        <Dialog title="New repository" onClose={() => setOpen(false)}>
          <Form
            submit="Make it"
            onSubmit={async ({ name = '', description = '', visibility = '' }) => {
              const whole = `${namespace}/${name}`;
              await create.mutateAsync({
                body: {
                  name: whole,
                  description,
                  visibility: visibility === 'public' ? 'public' : 'private',
                },
              });
              await navigate({ to: '/r/$', params: { _splat: whole } });
            }}
          >
            <TextField label={`Name, behind ${namespace}/`} name="name" required />
            <TextField label="Description" name="description" hint="One sentence, for lists." />
            <Choice
              label="Who may pull"
              name="visibility"
              options={[
                ['private', 'Private: those who were given a role'],
                ['public', 'Public: everybody, without signing in'],
              ]}
            />
          </Form>
        </Dialog>
      )}
    </>
  );
}
