import { Link, useNavigate } from '@tanstack/react-router';
import { Building2, Plus } from 'lucide-react';
import { useState } from 'react';
import { useChange, usePages } from '../api/queries.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Form, TextField } from '../parts/form.tsx';
import { Listed } from '../parts/listed.tsx';
import { Page } from '../parts/page.tsx';
import { Empty } from '../parts/states.tsx';
import { Time } from '../parts/values.tsx';

export function OrganisationsPage() {
  const pages = usePages('listOrganisations');
  const create = useChange('createOrganisation');
  const [making, setMaking] = useState(false);
  const navigate = useNavigate();
  return (
    <Page
      title="Organisations"
      lead="Those that you belong to. An organisation owns repositories, and has people, teams and robots."
      actions={
        <Button look="strong" onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden /> New organisation
        </Button>
      }
    >
      <Listed
        of={pages}
        empty={
          <Empty title="You belong to no organisation" icon={<Building2 aria-hidden />}>
            Make one for your team, or ask an owner of one to invite you.
          </Empty>
        }
      >
        {(items) => (
          <ul className="divide-y divide-line rounded-lg border border-line bg-sheet">
            {items.map(({ name, displayName, createdAt }) => (
              <li
                key={name}
                className="flex flex-wrap items-center justify-between gap-2 px-4 py-3"
              >
                <div>
                  <Link
                    to="/n/$namespace"
                    params={{ namespace: name }}
                    className="font-medium text-sea hover:underline"
                  >
                    {name}
                  </Link>
                  {displayName !== undefined && (
                    <span className="ml-3 text-faint">{displayName}</span>
                  )}
                </div>
                <span className="text-sm text-faint">
                  made <Time at={createdAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Listed>
      {making && (
        <Dialog title="New organisation" onClose={() => setMaking(false)}>
          <Form
            submit="Make it"
            onSubmit={async ({ name = '', displayName = '' }) => {
              await create.mutateAsync({
                body: { name, ...(displayName !== '' && { displayName }) },
              });
              setMaking(false);
              await navigate({ to: '/n/$namespace', params: { namespace: name } });
            }}
          >
            <TextField
              label="Name"
              name="name"
              required
              hint="The first part of its repositories' names: lower-case letters, digits and dashes."
            />
            <TextField label="Display name" name="displayName" hint="What people read." />
          </Form>
        </Dialog>
      )}
    </Page>
  );
}
