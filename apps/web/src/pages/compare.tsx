import { useNavigate, useSearch } from '@tanstack/react-router';
import { ArrowRight, GitCompare } from 'lucide-react';
import type { Answer } from '../api/ask.ts';
import { useAnswer } from '../api/queries.ts';
import { Form, TextField } from '../parts/form.tsx';
import { Card, Section } from '../parts/page.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { Table, Td, Th } from '../parts/table.tsx';
import { Badge, Bytes, Digest } from '../parts/values.tsx';
import { step } from '../text/steps.ts';
import { CompareFiles } from './compare-files.tsx';

type Comparison = Answer<'compareImages'>;

/** Two images of a repository, side by side. */
export function Compare({ repository }: { readonly repository: string }) {
  const { from, to, platform } = useSearch({ from: '/r/$' });
  const navigate = useNavigate({ from: '/r/$' });
  return (
    <>
      <Card className="mb-6 max-w-3xl">
        <Form
          key={`${from ?? ''} ${to ?? ''}`}
          submit="Compare"
          onSubmit={async (entered) =>
            navigate({
              search: {
                view: 'compare',
                from: entered.from,
                to: entered.to,
                platform: entered.platform === '' ? undefined : entered.platform,
              },
            })
          }
        >
          <div className="grid grid-cols-1 gap-3 sm:grid-cols-3">
            <TextField
              label="From"
              name="from"
              required
              placeholder="a tag or a digest"
              defaultValue={from}
            />
            <TextField
              label="To"
              name="to"
              required
              placeholder="a tag or a digest"
              defaultValue={to}
            />
            <TextField
              label="Platform"
              name="platform"
              placeholder="linux/amd64"
              defaultValue={platform}
            />
          </div>
        </Form>
      </Card>
      {from === undefined || to === undefined ? (
        <Empty title="Say which two" icon={<GitCompare aria-hidden />}>
          Or choose two in the list of tags. What is shared, added and taken away is shown here.
        </Empty>
      ) : (
        <Compared repository={repository} from={from} to={to} platform={platform} />
      )}
    </>
  );
}

function Compared({
  repository,
  from,
  to,
  platform,
}: {
  readonly repository: string;
  readonly from: string;
  readonly to: string;
  readonly platform: string | undefined;
}) {
  const comparison = useAnswer('compareImages', {
    parameters: { repository },
    query: { from, to, platform },
  });
  return (
    <Answered of={comparison} lines={8}>
      {(compared) => (
        <>
          <div className="grid grid-cols-1 items-stretch gap-3 md:grid-cols-[1fr_auto_1fr]">
            <Side repository={repository} reference={from} image={compared.from} />
            <ArrowRight aria-hidden className="mx-auto self-center text-faint max-md:rotate-90" />
            <Side repository={repository} reference={to} image={compared.to} />
          </div>
          <p className="mt-3">
            <Bytes count={compared.sharedBytes} /> are shared, <Badge tone="sea">+ </Badge>{' '}
            <Bytes count={compared.addedBytes} /> are new, <Badge tone="alarm">− </Badge>{' '}
            <Bytes count={compared.removedBytes} /> are gone.
          </p>
          <Layers layers={compared.layers} />
          <Config config={compared.config} />
          <Steps history={compared.history} />
          <CompareFiles repository={repository} from={from} to={to} platform={platform} />
        </>
      )}
    </Answered>
  );
}

function Side({
  repository,
  reference,
  image,
}: {
  readonly repository: string;
  readonly reference: string;
  readonly image: Comparison['from'];
}) {
  return (
    <Card>
      <p className="text-lg font-semibold break-all">
        <PlaceLink repository={repository} reference={reference}>
          {reference}
        </PlaceLink>
      </p>
      <p className="text-sm text-faint">
        <Digest digest={image.digest} /> {image.platform}
      </p>
      <p className="mt-1">
        <Bytes count={image.size} />
      </p>
    </Card>
  );
}

const WHERE = {
  both: { tone: 'plain', words: 'both' },
  from: { tone: 'alarm', words: '− gone' },
  to: { tone: 'sea', words: '+ new' },
} as const;

function Layers({ layers }: { readonly layers: Comparison['layers'] }) {
  return (
    <Section title="Layers">
      <Table
        label="Layers"
        head={
          <>
            <Th>In</Th>
            <Th>Made by</Th>
            <Th>Digest</Th>
            <Th right>Size</Th>
          </>
        }
      >
        {layers.map((layer, index) => (
          <tr key={`${layer.digest} ${index}`}>
            <Td>
              <Badge tone={WHERE[layer.in].tone}>{WHERE[layer.in].words}</Badge>
            </Td>
            <Td wrap>
              <code className="font-mono text-[13px]">{step(layer.createdBy ?? 'not told')}</code>
            </Td>
            <Td>
              <Digest digest={layer.digest} />
            </Td>
            <Td right>
              <Bytes count={layer.size} />
            </Td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Config({ config }: { readonly config: Comparison['config'] }) {
  return (
    <Section title="Config">
      {config.length === 0 ? (
        <p className="text-faint">Both are run in the same way.</p>
      ) : (
        <Table
          label="Config"
          head={
            <>
              <Th>What</Th>
              <Th>From</Th>
              <Th>To</Th>
            </>
          }
        >
          {config.map(({ name, from, to }) => (
            <tr key={name}>
              <Td>{name}</Td>
              <Td wrap>
                {from === undefined ? (
                  <Absent />
                ) : (
                  <code className="font-mono text-[13px]">{from}</code>
                )}
              </Td>
              <Td wrap>
                {to === undefined ? (
                  <Absent />
                ) : (
                  <code className="font-mono text-[13px]">{to}</code>
                )}
              </Td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function Absent() {
  return <span className="text-faint">not there</span>;
}

function Steps({ history }: { readonly history: Comparison['history'] }) {
  if (history.length === 0) return null;
  return (
    <Section title="Steps of the builds">
      <ul className="space-y-1.5">
        {history.map((each, index) => (
          <li key={index} className="flex gap-3">
            <Badge tone={WHERE[each.in].tone}>{WHERE[each.in].words}</Badge>
            <code className="font-mono text-[13px] break-all">{step(each.createdBy)}</code>
          </li>
        ))}
      </ul>
    </Section>
  );
}
