import { File, FileSymlink, FileX2, Folder, Link2, Plug, Shuffle } from 'lucide-react';
import type { Answer } from '../../api/ask.ts';
import type { Image } from '../../api/shapes.ts';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Bytes, Time } from '../../parts/values.tsx';
import { modeInLetters } from '../../text/modes.ts';
import { step } from '../../text/steps.ts';
import { type Looking, PathLink } from './path-link.tsx';

export type Entry = Answer<'listFiles'>['items'][number];

const ICONS = {
  file: [File, 'file'],
  folder: [Folder, 'folder'],
  'symbolic-link': [FileSymlink, 'symbolic link'],
  'hard-link': [Link2, 'another name of a file'],
  device: [Plug, 'device'],
  fifo: [Shuffle, 'pipe'],
  whiteout: [FileX2, 'taken away'],
} as const;

/** Files of an image, one under the other; with their `whole` paths where they are of many folders. */
export function FileList({
  label,
  looking,
  items,
  image,
  whole = false,
}: {
  readonly label: string;
  readonly looking: Looking;
  readonly items: readonly Entry[];
  readonly image: Image;
  readonly whole?: boolean;
}) {
  return (
    <Table
      label={label}
      head={
        <>
          <Th>Name</Th>
          <Th right>Size</Th>
          <Th>Mode</Th>
          <Th>Owner</Th>
          <Th>Changed</Th>
          <Th>Layer</Th>
        </>
      }
    >
      {items.map((entry) => (
        <tr key={entry.path}>
          <Td wrap>
            <Name entry={entry} looking={looking} whole={whole} />
          </Td>
          <Td right>
            <span className="whitespace-nowrap">
              {entry.type === 'file' ? <Bytes count={entry.size} /> : ''}
            </span>
          </Td>
          <Td>
            {entry.type !== 'whiteout' && (
              <code className="font-mono text-[13px] whitespace-nowrap" title={entry.mode}>
                {modeInLetters(entry.mode)}
              </code>
            )}
          </Td>
          <Td>
            {entry.type !== 'whiteout' && (
              <span title="user:group">
                {entry.uid}:{entry.gid}
              </span>
            )}
          </Td>
          <Td>
            <Changed at={entry.modifiedAt} />
          </Td>
          <Td>
            <Layer digest={entry.layer} image={image} />
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function Name({
  entry,
  looking,
  whole,
}: {
  readonly entry: Entry;
  readonly looking: Looking;
  readonly whole: boolean;
}) {
  const { path, name, type, link, opaque } = entry;
  const [Icon, words] = ICONS[type];
  const shown = whole ? path : name;
  return (
    <span className="flex items-start gap-2">
      <Icon size={16} className="mt-0.5 shrink-0 text-faint" aria-label={words} />
      <span className="min-w-0 font-mono text-[13px] break-all">
        {type === 'folder' || type === 'file' || type === 'hard-link' ? (
          <PathLink looking={looking} path={path} open={type !== 'folder'}>
            {shown}
          </PathLink>
        ) : (
          <span className={type === 'whiteout' ? 'text-faint line-through' : ''}>{shown}</span>
        )}
        {link !== undefined && <span className="text-faint"> → {link}</span>}
        {opaque && (
          <span title="It hides what the layers below have in it">
            {' '}
            <Badge tone="warn">opaque</Badge>
          </span>
        )}
      </span>
    </span>
  );
}

function Layer({ digest, image }: { readonly digest: string; readonly image: Image }) {
  const at = image.layers.findLastIndex((layer) => layer.digest === digest);
  if (at < 0) return null;
  const { createdBy } = image.layers[at] ?? {};
  return <span title={createdBy === undefined ? digest : step(createdBy)}>{at + 1}</span>;
}

/** A build that is to come out the same again sets all times to 0. */
function Changed({ at }: { readonly at: string | undefined }) {
  if (at === undefined) return null;
  return Date.parse(at) === 0 ? (
    <span className="text-faint" title="1 January 1970">
      not told
    </span>
  ) : (
    <Time at={at} />
  );
}
