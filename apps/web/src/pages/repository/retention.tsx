import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { type Answer, ask, type Asking } from '../../api/ask.ts';
import { useAnswer, useChange } from '../../api/queries.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { TextField } from '../../parts/form.tsx';
import { Card, Section } from '../../parts/page.tsx';
import { Answered, Loading, Notice, Refused } from '../../parts/states.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Bytes, Count, Time } from '../../parts/values.tsx';
import { lines } from '../../text/lines.ts';
import type { Repository } from '../../api/shapes.ts';

type Policy = NonNullable<Asking<'setRetention'>['body']>;
type Rehearsal = Answer<'rehearseRetention'>;

/** A rule while it is written. */
interface Draft {
  readonly tags: string;
  readonly keepLast: string;
  readonly keepNewerThanDays: string;
  readonly keepPulledWithinDays: string;
}

interface PolicyDraft {
  readonly rules: readonly Draft[];
  readonly protect: string;
  readonly untaggedDays: string;
}

/** Which tags stay: written, rehearsed on what is really there, and only then made to hold. */
export function Retention({ repository }: { readonly repository: Repository }) {
  const policies = useAnswer('showRetention', { parameters: { repository: repository.name } });
  return (
    <Answered of={policies}>
      {({ own, inherited, appliedAt }) => (
        <>
          <p className="mb-4 max-w-2xl text-faint">
            {own !== undefined
              ? 'This repository has a policy of its own.'
              : inherited !== undefined
                ? 'The policy of its namespace holds here, until this repository has one of its own.'
                : 'Every tag stays for ever: there is no policy.'}{' '}
            {appliedAt !== undefined && (
              <>
                It was last applied <Time at={appliedAt} />.
              </>
            )}
          </p>
          <Editor
            key={JSON.stringify(own ?? inherited)}
            repository={repository}
            policy={draftOf(own ?? inherited)}
          />
        </>
      )}
    </Answered>
  );
}

function Editor({
  repository,
  policy,
}: {
  readonly repository: Repository;
  readonly policy: PolicyDraft;
}) {
  const { name, may } = repository;
  const [draft, setDraft] = useState(policy);
  const [rehearsal, setRehearsal] = useState<Rehearsal | Error | 'under way'>();
  const [applying, setApplying] = useState(false);
  const set = useChange('setRetention');
  const apply = useChange('applyRetention');
  const parameters = { repository: name };
  const change = (part: Partial<PolicyDraft>) => {
    setDraft({ ...draft, ...part });
    setRehearsal(undefined);
  };
  const rehearse = async () => {
    setRehearsal('under way');
    try {
      setRehearsal(
        await ask('rehearseRetention', {
          parameters,
          body: policyOf(draft),
          query: { show: 'all', limit: 200 },
        }),
      );
    } catch (error) {
      setRehearsal(error as Error);
    }
  };
  const rehearsed =
    rehearsal !== undefined && rehearsal !== 'under way' && !(rehearsal instanceof Error);
  const administers = may.includes('administer');
  return (
    <>
      <div className="space-y-3">
        {draft.rules.map((rule, index) => (
          <Rule
            key={index}
            number={index + 1}
            rule={rule}
            onChange={(changed) =>
              change({ rules: draft.rules.map((each, at) => (at === index ? changed : each)) })
            }
            onRemove={() => change({ rules: draft.rules.filter((_, at) => at !== index) })}
          />
        ))}
        <Button onClick={() => change({ rules: [...draft.rules, EMPTY] })}>
          <Plus size={16} aria-hidden /> Add a rule
        </Button>
        <Card className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <TextField
            label="Never take away"
            value={draft.protect}
            placeholder="latest v*"
            onChange={({ target }) => change({ protect: target.value })}
            hint="Patterns, whatever the rules say."
          />
          <TextField
            label="Untagged manifests stay, in days"
            inputMode="numeric"
            value={draft.untaggedDays}
            placeholder="for ever"
            onChange={({ target }) => change({ untaggedDays: target.value })}
          />
        </Card>
      </div>
      <div className="mt-5 flex flex-wrap gap-2">
        <Button look="strong" disabled={rehearsal === 'under way'} onClick={() => void rehearse()}>
          Rehearse
        </Button>
        {administers && (
          <Button
            disabled={!rehearsed || set.isPending}
            title={rehearsed ? undefined : 'Rehearse it first'}
            onClick={() => set.mutate({ parameters, body: policyOf(draft) })}
          >
            Let it hold
          </Button>
        )}
        {administers && set.isSuccess && (
          <Button look="alarming" onClick={() => setApplying(true)}>
            Apply it now
          </Button>
        )}
      </div>
      <div className="mt-4 space-y-3" role="status">
        {set.error !== null && <Notice tone="alarm">{set.error.message}</Notice>}
        {set.isSuccess && (
          <Notice tone="sea">It holds. It is applied every hour, into the trash.</Notice>
        )}
        {apply.data !== undefined && (
          <Notice tone="sea">
            <Count of={apply.data.tags} one="tag" /> and{' '}
            <Count of={apply.data.manifests} one="manifest" /> are in the trash now.
          </Notice>
        )}
        {rehearsal === 'under way' && <Loading lines={3} what="Rehearsing" />}
        {rehearsal instanceof Error && <Refused error={rehearsal} />}
        {rehearsed && <Outcome rehearsal={rehearsal} />}
      </div>
      {applying && (
        <Confirm
          title="Apply the policy now?"
          action="Apply it"
          onClose={() => setApplying(false)}
          onConfirm={async () => apply.mutateAsync({ parameters })}
        >
          <p>What it does not keep goes into the trash, and can be taken back from there.</p>
        </Confirm>
      )}
    </>
  );
}

const EMPTY: Draft = { tags: '*', keepLast: '10', keepNewerThanDays: '', keepPulledWithinDays: '' };

function Rule({
  number,
  rule,
  onChange,
  onRemove,
}: {
  readonly number: number;
  readonly rule: Draft;
  readonly onChange: (rule: Draft) => void;
  readonly onRemove: () => void;
}) {
  const field = (name: keyof Draft, label: string, placeholder: string) => (
    <TextField
      label={label}
      value={rule[name]}
      placeholder={placeholder}
      {...(name !== 'tags' && { inputMode: 'numeric' as const })}
      onChange={({ target }) => onChange({ ...rule, [name]: target.value })}
    />
  );
  return (
    <Card>
      <fieldset>
        <legend className="sr-only">Rule {number}</legend>
        <div className="mb-2 flex items-center justify-between">
          <span className="font-medium">
            Rule {number}: of these tags, keep what any condition keeps
          </span>
          <Button
            look="quiet"
            className="px-2"
            aria-label={`Remove rule ${number}`}
            onClick={onRemove}
          >
            <X size={16} aria-hidden />
          </Button>
        </div>
        <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-4">
          {field('tags', 'Tags', 'v* or * !latest')}
          {field('keepLast', 'The last', 'how many')}
          {field('keepNewerThanDays', 'Pushed within, in days', '–')}
          {field('keepPulledWithinDays', 'Pulled within, in days', '–')}
        </div>
      </fieldset>
    </Card>
  );
}

function Outcome({ rehearsal }: { readonly rehearsal: Rehearsal }) {
  const { tagsGo, tagsStay, manifestsGo, frees, items, next } = rehearsal;
  return (
    <Section title="What would happen now">
      <p className="mb-3">
        <strong>
          <Count of={tagsGo} one="tag" />
        </strong>{' '}
        and <Count of={manifestsGo} one="manifest" /> would go, <Count of={tagsStay} one="tag" />{' '}
        would stay. It would free <Bytes count={frees} /> in the end.
      </p>
      <Table
        label="Tags, and what becomes of each"
        head={
          <>
            <Th>Tag</Th>
            <Th>It</Th>
            <Th>Because</Th>
            <Th>Pushed</Th>
          </>
        }
      >
        {items.map(({ name, stays, why, at }) => (
          <tr key={name}>
            <Td wrap>{name}</Td>
            <Td>
              <Badge tone={stays ? 'sea' : 'alarm'}>{stays ? 'stays' : 'goes'}</Badge>
            </Td>
            <Td>{why}</Td>
            <Td>
              <Time at={at} />
            </Td>
          </tr>
        ))}
      </Table>
      {next !== undefined && (
        <p className="mt-2 text-sm text-faint">These are the first {items.length}.</p>
      )}
    </Section>
  );
}

function draftOf(policy: Answer<'showRetention'>['own']): PolicyDraft {
  const said = (days: number | undefined) => (days === undefined ? '' : String(days));
  return {
    rules: (policy?.rules ?? []).map((rule) => ({
      tags: rule.tags.join(' '),
      keepLast: said(rule.keepLast),
      keepNewerThanDays: said(rule.keepNewerThanDays),
      keepPulledWithinDays: said(rule.keepPulledWithinDays),
    })),
    protect: (policy?.protect ?? []).join(' '),
    untaggedDays: said(policy?.untaggedDays),
  };
}

function policyOf({ rules, protect, untaggedDays }: PolicyDraft): Policy {
  // What is no number is sent as it is: the server says what is wrong with it.
  const number = (name: string, text: string) =>
    text.trim() === '' ? {} : { [name]: Number(text) };
  return {
    rules: rules.map((rule) => ({
      tags: words(rule.tags),
      ...number('keepLast', rule.keepLast),
      ...number('keepNewerThanDays', rule.keepNewerThanDays),
      ...number('keepPulledWithinDays', rule.keepPulledWithinDays),
    })),
    protect: words(protect),
    ...number('untaggedDays', untaggedDays),
  };
}

function words(text: string): string[] {
  return lines(text.replace(/[\s,]+/g, '\n'));
}
