import { CopyButton } from '../../parts/copy.tsx';
import { Facts } from '../../parts/page.tsx';
import { Bytes } from '../../parts/values.tsx';
import type { Shown } from '../../api/shapes.ts';

/** To the byte what was pushed, set in lines where it is JSON. */
export function Manifest({
  shown: { manifest, mediaType, size, artifactType },
}: {
  readonly shown: Shown;
}) {
  return (
    <>
      <div className="mb-4">
        <Facts
          items={[
            [
              'Media type',
              <code key="m" className="font-mono text-[13px]">
                {mediaType}
              </code>,
            ],
            ...(artifactType === undefined
              ? []
              : ([
                  [
                    'Artifact type',
                    <code key="a" className="font-mono text-[13px]">
                      {artifactType}
                    </code>,
                  ],
                ] as const)),
            ['Size', <Bytes key="s" count={size} />],
          ]}
        />
      </div>
      <div className="relative">
        <div className="absolute top-2 right-2 rounded bg-sunk">
          <CopyButton text={manifest} what="the manifest" />
        </div>
        <pre
          className="max-h-[70vh] overflow-auto rounded-lg border border-line bg-sunk p-4 font-mono text-[13px]"
          tabIndex={0}
          role="region"
          aria-label="The manifest"
        >
          {inLines(manifest)}
        </pre>
      </div>
    </>
  );
}

function inLines(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
