import { useSyncExternalStore } from 'react';
import { ago, exactTime } from '../text/ago.ts';
import { bytes, exact, exactBytes } from '../text/bytes.ts';
import { short } from '../text/reference.ts';
import { CopyButton } from './copy.tsx';

/** Bytes as people say them, exact on hover. */
export function Bytes({ count }: { readonly count: number | undefined }) {
  if (count === undefined) return <span className="text-faint">–</span>;
  return <span title={exactBytes(count)}>{bytes(count)}</span>;
}

/** How many, exact on hover when it is many. */
export function Count({
  of,
  one,
  many = `${one}s`,
}: {
  readonly of: number;
  readonly one: string;
  readonly many?: string;
}) {
  return (
    <span>
      {exact(of)} {of === 1 ? one : many}
    </span>
  );
}

/** How long ago, to the second on hover. */
export function Time({ at }: { readonly at: string | undefined }) {
  const now = useMinute();
  if (at === undefined) return <span className="text-faint">never</span>;
  return (
    <time dateTime={at} title={exactTime(at)} className="whitespace-nowrap">
      {ago(at, now)}
    </time>
  );
}

/** The beginning of a digest; all of it on hover and in the clipboard. */
export function Digest({
  digest,
  copy = false,
}: {
  readonly digest: string;
  readonly copy?: boolean;
}) {
  return (
    <span className="inline-flex items-center gap-1">
      <code className="font-mono text-[13px]" title={digest}>
        {short(digest)}
      </code>
      {copy && <CopyButton text={digest} what="the digest" />}
    </span>
  );
}

/** A small word in a frame. */
export function Badge({
  children,
  tone = 'plain',
}: {
  readonly children: React.ReactNode;
  readonly tone?: 'plain' | 'sea' | 'warn' | 'alarm';
}) {
  const look = {
    plain: 'bg-sunk text-faint',
    sea: 'bg-sea-soft text-sea-strong',
    warn: 'bg-warn-soft text-warn',
    alarm: 'bg-alarm-soft text-alarm',
  }[tone];
  return (
    <span
      className={`inline-block rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${look}`}
    >
      {children}
    </span>
  );
}

const minutes = new Set<() => void>();
let minute = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

/** The time, a minute late at most: what it is drawn on is drawn anew each minute. */
function useMinute(): number {
  return useSyncExternalStore(
    (tell) => {
      minutes.add(tell);
      if (ticking === undefined) {
        minute = Date.now();
        ticking = setInterval(() => {
          minute = Date.now();
          minutes.forEach((each) => each());
        }, 60_000);
      }
      return () => minutes.delete(tell);
    },
    () => minute,
  );
}
