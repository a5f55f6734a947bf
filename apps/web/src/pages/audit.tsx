import { useState } from 'react';
import { usePages } from '../api/queries.ts';
import { Choice, TextField } from '../parts/form.tsx';
import { Listed } from '../parts/listed.tsx';
import { Section } from '../parts/page.tsx';
import { Empty } from '../parts/states.tsx';
import { Table, Td, Th } from '../parts/table.tsx';
import { Badge, Time } from '../parts/values.tsx';

interface Filter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
  readonly outcome?: string | undefined;
}

export function AuditOf({ namespace }: { readonly namespace: string }) {
  const [filter, setFilter] = useState<Filter>({});
  const pages = usePages('listAuditOf', {
    parameters: { namespace },
    query: { ...filter, limit: 50 },
  });
  return <Audit pages={pages} filter={filter} onFilter={setFilter} />;
}

export function WholeAudit() {
  const [filter, setFilter] = useState<Filter>({});
  return (
    <Audit
      pages={usePages('listAudit', { query: { ...filter, limit: 50 } })}
      filter={filter}
      onFilter={setFilter}
    />
  );
}

const TONES = { done: 'sea', refused: 'warn', failed: 'alarm' } as const;

/** Who did what, newest first. */
function Audit({
  pages,
  filter,
  onFilter,
}: {
  readonly pages: ReturnType<typeof usePages<'listAudit'>>;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}) {
  const field = (name: keyof Filter, label: string, placeholder: string) => (
    <TextField
      label={label}
      placeholder={placeholder}
      value={filter[name] ?? ''}
      onChange={({ target }) => onFilter({ ...filter, [name]: target.value || undefined })}
    />
  );
  return (
    <Section title="Audit log">
      <div className="mb-4 grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-4">
        {field('actor', 'Who', 'ada')}
        {field('action', 'Did what', 'manifest.push')}
        {field('resource', 'To what begins with', 'acme/web')}
        <Choice
          label="And it was"
          value={filter.outcome ?? ''}
          onChange={({ target }) => onFilter({ ...filter, outcome: target.value || undefined })}
          options={[
            ['', 'done, refused or failed'],
            ['done', 'done'],
            ['refused', 'refused'],
            ['failed', 'failed'],
          ]}
        />
      </div>
      <Listed of={pages} empty={<Empty title="Nothing like this was done" />}>
        {(items) => (
          <Table
            label="Audit log"
            head={
              <>
                <Th>When</Th>
                <Th>Who</Th>
                <Th>Did</Th>
                <Th>To</Th>
                <Th>It was</Th>
                <Th>From</Th>
              </>
            }
          >
            {items.map(
              ({ id, at, actor, credential, action, resource, outcome, address, client }) => (
                <tr key={id}>
                  <Td>
                    <Time at={at} />
                  </Td>
                  <Td>
                    {actor || 'nobody known'}{' '}
                    <span className="text-faint">{credential.split(':')[0]}</span>
                  </Td>
                  <Td>
                    <code className="font-mono text-[13px]">{action}</code>
                  </Td>
                  <Td wrap>{resource}</Td>
                  <Td>
                    <Badge tone={TONES[outcome]}>{outcome}</Badge>
                  </Td>
                  <Td>
                    {address}{' '}
                    <span className="block max-w-56 truncate text-faint" title={client}>
                      {client}
                    </span>
                  </Td>
                </tr>
              ),
            )}
          </Table>
        )}
      </Listed>
    </Section>
  );
}
