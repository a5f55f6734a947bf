import { CircleAlert, Lock, SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Refusal } from '../api/ask.ts';
import { Button } from './button.tsx';
import { Page } from './page.tsx';

/** Grey bars where something is about to stand. */
export function Loading({
  lines = 4,
  what = 'Loading',
}: {
  readonly lines?: number;
  readonly what?: string;
}) {
  return (
    <div role="status" aria-label={what} className="animate-pulse space-y-3 py-2">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className={`h-5 rounded bg-sunk ${line % 3 === 2 ? 'w-2/3' : 'w-full'}`} />
      ))}
    </div>
  );
}

/** Nothing is here, and what would put something here. */
export function Empty({
  title,
  children,
  icon,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly icon?: ReactNode;
}) {
  return (
    <div className="rounded-lg border border-dashed border-line px-6 py-10 text-center">
      {icon !== undefined && <div className="mb-3 flex justify-center text-faint">{icon}</div>}
      <p className="font-semibold">{title}</p>
      {children !== undefined && <div className="mx-auto mt-1 max-w-xl text-faint">{children}</div>}
    </div>
  );
}

/** Why there is no answer, in the server's own words. */
export function Refused({
  error,
  again,
}: {
  readonly error: Error;
  readonly again?: () => unknown;
}) {
  const { status, reason } =
    error instanceof Refusal ? error : { status: -1, reason: 'a fault of this page' };
  const [icon, title] =
    status === 404
      ? [<SearchX key="i" aria-hidden />, 'This is not here']
      : status === 401 || status === 403
        ? [<Lock key="i" aria-hidden />, 'You may not see this']
        : [<CircleAlert key="i" aria-hidden />, 'This did not work'];
  return (
    <div role="alert" className="rounded-lg border border-line bg-sheet px-6 py-8 text-center">
      <div className="mb-3 flex justify-center text-faint">{icon}</div>
      <p className="font-semibold">{title}</p>
      <p className="mx-auto mt-1 max-w-2xl text-faint">{error.message}</p>
      <p className="mt-1 text-xs text-faint">{reason}</p>
      {again !== undefined && status !== 404 && status !== 403 && (
        <Button className="mt-4" onClick={() => void again()}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** What was asked for, while it comes, when it came, or why it does not; under a `title` where it is all of a page. */
export function Answered<Data>({
  of,
  children,
  lines,
  title,
}: {
  readonly of: Asked<Data>;
  readonly children: (data: Data) => ReactNode;
  readonly lines?: number;
  readonly title?: string;
}) {
  if (of.data !== undefined) return children(of.data);
  const instead =
    of.error === null ? (
      <Loading {...(lines !== undefined && { lines })} />
    ) : (
      <Refused error={of.error} again={of.refetch} />
    );
  return title === undefined ? instead : <Page title={title}>{instead}</Page>;
}

/** A sentence that has to be seen beside what it is about. */
export function Notice({
  tone = 'plain',
  children,
}: {
  readonly tone?: 'plain' | 'alarm' | 'warn' | 'sea';
  readonly children: ReactNode;
}) {
  const look = {
    plain: 'border-line bg-sunk',
    sea: 'border-sea bg-sea-soft',
    warn: 'border-warn bg-warn-soft text-warn',
    alarm: 'border-alarm bg-alarm-soft text-alarm',
  }[tone];
  return (
    <div
      role={tone === 'alarm' ? 'alert' : 'note'}
      className={`rounded-md border px-3 py-2 text-sm ${look}`}
    >
      {children}
    </div>
  );
}
