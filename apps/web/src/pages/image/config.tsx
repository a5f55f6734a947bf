import type { ReactNode } from 'react';
import { Card, Facts, Section } from '../../parts/page.tsx';
import { Table, Td, Th } from '../../parts/table.tsx';
import type { Image, Shown } from '../../api/shapes.ts';

/** How it is run. */
export function Config({
  image: { config, author },
  annotations,
}: {
  readonly image: Image;
  readonly annotations: Shown['annotations'];
}) {
  const command = (parts: readonly string[]) =>
    parts.length === 0 ? undefined : <Code>{parts.map(quoted).join(' ')}</Code>;
  const list = (parts: readonly string[]) =>
    parts.length === 0 ? undefined : <Code>{parts.join(', ')}</Code>;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Entrypoint', command(config.entrypoint)],
    ['Command', command(config.command)],
    ['User', config.user === '' ? 'root, for it names none' : <Code key="u">{config.user}</Code>],
    [
      'Working directory',
      config.workingDir === '' ? undefined : <Code key="w">{config.workingDir}</Code>,
    ],
    ['Ports', list(config.exposedPorts)],
    ['Volumes', list(config.volumes)],
    ['Stop signal', config.stopSignal],
    ['Health check', config.healthCheck && command(config.healthCheck)],
    ['Author', author],
  ];
  return (
    <>
      <Card>
        <Facts items={facts.filter(([, value]) => value !== undefined)} />
      </Card>
      <Section title="Environment">
        <Pairs label="Environment" pairs={config.env.map(split)} none="It sets no variable." />
      </Section>
      <Section title="Labels">
        <Pairs label="Labels" pairs={Object.entries(config.labels)} none="It has no label." />
      </Section>
      {Object.keys(annotations).length > 0 && (
        <Section title="Annotations">
          <Pairs label="Annotations" pairs={Object.entries(annotations)} none="" />
        </Section>
      )}
    </>
  );
}

/** Names and what they stand for. What looks like the address of a page is a link to it. */
export function Pairs({
  label,
  pairs,
  none,
}: {
  readonly label: string;
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly none: string;
}) {
  if (pairs.length === 0) return <p className="text-faint">{none}</p>;
  return (
    <Table
      label={label}
      head={
        <>
          <Th>Name</Th>
          <Th>Value</Th>
        </>
      }
    >
      {pairs.map(([name, value]) => (
        <tr key={name}>
          <Td>
            <Code>{name}</Code>
          </Td>
          <Td wrap>
            {/^https?:\/\//.test(value) ? (
              <a
                href={value}
                rel="nofollow noreferrer noopener"
                target="_blank"
                className="text-sea underline"
              >
                {value}
              </a>
            ) : (
              <Code>{value}</Code>
            )}
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function Code({ children }: { readonly children: ReactNode }) {
  return <code className="font-mono text-[13px] break-all">{children}</code>;
}

function split(variable: string): readonly [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}

function quoted(part: string): string {
  return /^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", `'\\''`)}'`;
}
