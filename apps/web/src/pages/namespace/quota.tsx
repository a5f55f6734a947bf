import { useAnswer } from '../../api/queries.ts';
import { Card, Facts, Section } from '../../parts/page.tsx';
import { Answered } from '../../parts/states.tsx';
import { Bytes } from '../../parts/values.tsx';
import { exact } from '../../text/bytes.ts';

/** What a namespace holds, and what it may. */
export function Quota({ namespace }: { readonly namespace: string }) {
  const quota = useAnswer('showQuota', { parameters: { namespace } });
  return (
    <Section title="Storage">
      <Answered of={quota}>
        {({ quota: limits, usage }) => (
          <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
            <Gauge
              name="Bytes"
              used={usage.bytes}
              limit={limits.bytes}
              show={(count) => <Bytes count={count} />}
            />
            <Gauge
              name="Repositories"
              used={usage.repositories}
              limit={limits.repositories}
              show={exact}
            />
            <Gauge name="Manifests" used={usage.manifests} limit={limits.manifests} show={exact} />
            <Card className="lg:col-span-3">
              <Facts
                items={[
                  ['Stored', <Bytes key="s" count={usage.bytes} />],
                  ['Without sharing it would be', <Bytes key="l" count={usage.logicalBytes} />],
                  ['Of it in the trash', <Bytes key="t" count={usage.trashBytes} />],
                ]}
              />
            </Card>
          </div>
        )}
      </Answered>
    </Section>
  );
}

function Gauge({
  name,
  used,
  limit,
  show,
}: {
  readonly name: string;
  readonly used: number;
  readonly limit: number | undefined;
  readonly show: (count: number) => React.ReactNode;
}) {
  const part = limit === undefined || limit === 0 ? 0 : Math.min(1, used / limit);
  return (
    <Card>
      <p className="text-sm text-faint">{name}</p>
      <p className="text-2xl font-semibold">{show(used)}</p>
      {limit === undefined ? (
        <p className="text-sm text-faint">no limit</p>
      ) : (
        <>
          <div
            role="meter"
            aria-label={`${name} used`}
            aria-valuemin={0}
            aria-valuemax={limit}
            aria-valuenow={used}
            className="mt-2 h-2 overflow-hidden rounded bg-sunk"
          >
            <div
              className={`h-full ${part > 0.9 ? 'bg-alarm' : 'bg-sea'}`}
              style={{ width: `${part * 100}%` }}
            />
          </div>
          <p className="mt-1 text-sm text-faint">of {show(limit)}</p>
        </>
      )}
    </Card>
  );
}
