import { useState } from 'react';
import { Table, Td, Th } from '../../parts/table.tsx';
import { Badge, Bytes, Digest } from '../../parts/values.tsx';
import { bytes } from '../../text/bytes.ts';
import { step } from '../../text/steps.ts';
import type { Image } from '../../api/shapes.ts';

/** Neighbours are told apart by their shade; the same shade comes back after five. */
const SHADES = ['opacity-100', 'opacity-75', 'opacity-90', 'opacity-60', 'opacity-80'];

/** Which layer takes how much, and what made it. */
export function Layers({ image }: { readonly image: Image }) {
  const [pointed, setPointed] = useState<number>();
  const { layers } = image;
  const all = Math.max(1, image.bytes);
  const largest = layers.reduce(
    (most, { size }, index) => (size > (layers[most]?.size ?? 0) ? index : most),
    0,
  );
  return (
    <>
      <div className="mb-4 flex h-9 w-full gap-px overflow-hidden rounded-md bg-line" aria-hidden>
        {layers.map(({ digest, size, createdBy }, index) => (
          <div
            key={`${digest} ${index}`}
            className={`min-w-0.5 bg-sea transition-opacity ${pointed === undefined || pointed === index ? (SHADES[index % SHADES.length] ?? '') : 'opacity-25'}`}
            style={{ flexGrow: Math.max(size, 1), flexBasis: 0 }}
            title={`${bytes(size)}: ${step(createdBy ?? '')}`}
            onMouseEnter={() => setPointed(index)}
            onMouseLeave={() => setPointed(undefined)}
          />
        ))}
      </div>
      <Table
        label="Layers, the lowest first"
        head={
          <>
            <Th right>#</Th>
            <Th>Made by</Th>
            <Th right>Size</Th>
            <Th right>Part</Th>
            <Th>Shared</Th>
            <Th>Digest</Th>
          </>
        }
      >
        {layers.map(({ digest, size, createdBy, sharedWith, mediaType }, index) => (
          <tr
            key={`${digest} ${index}`}
            className={pointed === index ? 'bg-sea-soft' : ''}
            onMouseEnter={() => setPointed(index)}
            onMouseLeave={() => setPointed(undefined)}
          >
            <Td right>{index + 1}</Td>
            <Td>
              <code className="block min-w-56 font-mono text-[13px] wrap-anywhere">
                {createdBy === undefined ? 'not told' : step(createdBy)}
              </code>
            </Td>
            <Td right>
              <span className="whitespace-nowrap">
                <Bytes count={size} />
              </span>
            </Td>
            <Td right>
              <span className="whitespace-nowrap">
                {((100 * size) / all).toFixed(1)} %{' '}
                {index === largest && layers.length > 1 && <Badge tone="warn">largest</Badge>}
              </span>
            </Td>
            <Td>
              {sharedWith === 0 ? (
                <span className="text-faint">only here</span>
              ) : (
                <span title="Other images of this repository have it, too: it is stored once.">
                  with {sharedWith} {sharedWith === 1 ? 'other' : 'others'}
                </span>
              )}
            </Td>
            <Td>
              <span title={mediaType}>
                <Digest digest={digest} copy />
              </span>
            </Td>
          </tr>
        ))}
      </Table>
      <Steps history={image.history} />
    </>
  );
}

/** Steps of the build that made no layer. */
function Steps({ history }: { readonly history: Image['history'] }) {
  const empty = history.filter(({ empty }) => empty);
  if (empty.length === 0) return null;
  return (
    <details className="mt-6">
      <summary className="font-medium">
        {empty.length === 1 ? 'One step' : `${empty.length} steps`} of the build changed no file
      </summary>
      <ul className="mt-2 space-y-1">
        {empty.map(({ createdBy }, index) => (
          <li key={index}>
            <code className="font-mono text-[13px] break-all">{step(createdBy)}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}
