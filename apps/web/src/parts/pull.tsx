import { useState } from 'react';
import { type ArtifactKind, pullCommands } from '../text/artifacts.ts';
import { Command } from './copy.tsx';

/** How to pull it, with the client that the reader has. */
export function Pull({
  repository,
  reference,
  kind,
}: {
  readonly repository: string;
  readonly reference: string;
  readonly kind: ArtifactKind;
}) {
  const commands = pullCommands(location.host, repository, reference, kind);
  const [chosen, setChosen] = useState(commands[0]?.[0]);
  const command = commands.find(([client]) => client === chosen) ?? commands[0];
  if (command === undefined) return null;
  return (
    <div>
      {commands.length > 1 && (
        <div role="radiogroup" aria-label="Client" className="mb-1.5 flex gap-1">
          {commands.map(([client]) => (
            <label
              key={client}
              className={`cursor-pointer rounded px-2 py-0.5 text-sm has-focus-visible:outline-2 has-focus-visible:outline-sea ${
                client === command[0]
                  ? 'bg-sea-soft font-medium text-sea-strong'
                  : 'text-faint hover:bg-sunk'
              }`}
            >
              <input
                type="radio"
                name="client"
                className="sr-only"
                checked={client === command[0]}
                onChange={() => setChosen(client)}
              />
              {client}
            </label>
          ))}
        </div>
      )}
      <Command text={command[1]} what="the pull command" />
    </div>
  );
}
