import type { DatabaseReport } from '@slipway/metadata';
import { type Finding, ill, well } from './finding.ts';

/** Postgres 15; what is older lacks what migrations and statements use. */
const OLDEST = 150_000;
/** In milliseconds. Tokens live for minutes, and what expires does so by both clocks. */
const CLOCKS_APART = 5_000;

/** `asked` and `answered` are this machine's times around the question, in milliseconds since the epoch. */
export function checkDatabase(
  report: DatabaseReport,
  pool: number,
  { asked, answered }: { readonly asked: number; readonly answered: number },
): readonly Finding[] {
  const { version, versionNumber, connections, mayCreate, unsafe, now } = report;
  const between = now.getTime() < asked ? asked - now.getTime() : now.getTime() - answered;
  const apart = Math.max(0, between);
  return [
    versionNumber >= OLDEST
      ? well('database', `Postgres ${version} answers`)
      : ill('database', `Postgres ${version} is too old`, 'upgrade it to 15 or newer'),
    mayCreate
      ? well('database rights', 'migrations may make tables')
      : ill(
          'database rights',
          'its user may not make tables, so the next migration will fail',
          'grant create on schema public to that user',
        ),
    unsafe.length === 0
      ? well('database durability', 'what is committed survives a crash')
      : ill(
          'database durability',
          `${unsafe.join(' and ')} ${unsafe.length === 1 ? 'is' : 'are'} off: a crash can lose pushes that were acknowledged`,
          `set ${unsafe.map((name) => `${name} = on`).join(', ')} in postgresql.conf`,
        ),
    connections > pool
      ? well(
          'database connections',
          `${connections} are to be had, this server uses ${pool} at most`,
        )
      : ill(
          'database connections',
          `${connections} are to be had for everybody, and this server alone may want ${pool}`,
          'raise max_connections, or lower SLIPWAY_DATABASE_CONNECTIONS on every replica',
        ),
    apart <= CLOCKS_APART
      ? well('clock', "this machine's and the database's agree")
      : ill(
          'clock',
          `this machine's and the database's are ${Math.round(apart / 1000)} s apart`,
          'set both by NTP (timedatectl set-ntp true)',
        ),
  ];
}
