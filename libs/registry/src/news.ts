import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEvent, Metadata } from '@slipway/metadata';
import { type Affected, affectedBy } from './affected.ts';
import { tooManyRequests } from './errors.ts';

type NewsType = 'push' | 'delete' | 'restore' | 'retention' | 'change';

/** Something that happened to what a repository holds, or to the repository. */
export interface NewsItem extends Affected {
  readonly type: NewsType;
  readonly at: Date;
  readonly actor: string;
}

/** What a listener is told: something new, or that there is nothing new; and from where to go on after this. */
export interface News {
  readonly cursor: number;
  readonly item: NewsItem | undefined;
}

const TYPES: Readonly<Record<string, NewsType>> = {
  'manifest.push': 'push',
  'manifest.delete': 'delete',
  'tag.delete': 'delete',
  'repositories.delete': 'delete',
  'trash.purge': 'delete',
  'tags.restore': 'restore',
  'trash.restore': 'restore',
  'retention.apply': 'retention',
  'repositories.create': 'change',
  'repositories.move': 'change',
  'repositories.set-readme': 'change',
  'repositories.set-visibility': 'change',
  'repositories.update': 'change',
};
const ACTIONS = Object.keys(TYPES);

/** Between two looks, in milliseconds. */
const INTERVAL = 500;

/** After so many seconds no transaction is still to be committed with an event whose id was already passed by. */
const SETTLED = 30;

/** Longest silence, in milliseconds, before a listener is told that there is nothing new. */
const SILENCE = 15_000;

const MOST_AT_ONCE = 1000;

/** Whoever falls behind so far is let go; they come back with their cursor. */
const MOST_WAITING = 1000;

const MOST_LISTENERS = 1000;

/**
 * What happens in the registry, on any replica, for those who are looking. Read from the audit log, as long as
 * anybody listens: a push pays nothing for it.
 *
 * INVARIANT: who goes on from a cursor misses nothing that was committed within `SETTLED` seconds of its
 * beginning. They may be told of the last of it twice.
 */
export class Newsroom {
  readonly #metadata: Metadata;
  readonly #listeners = new Set<Listener>();
  readonly #closed = new AbortController();
  /** Looking is for all who listen, and part of nobody's request. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #running: { readonly ready: Promise<undefined>; readonly ended: Promise<void> } | undefined;
  /** Everything up to this event was told; of those after it, `#told`. */
  #cursor = 0;
  readonly #told = new Map<number, number>();

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** From now on, or from where a cursor says; until `signal` says that nobody listens any more. */
  async *listen(after: number | undefined, signal: AbortSignal): AsyncGenerator<News, void> {
    if (this.#listeners.size >= MOST_LISTENERS) {
      throw tooManyRequests(`there are ${MOST_LISTENERS} who listen to this server already`, 30);
    }
    const listener = new Listener();
    const leave = () => {
      listener.leave();
    };
    signal.addEventListener('abort', leave);
    if (signal.aborted || this.#closed.signal.aborted) leave();
    this.#listeners.add(listener);
    try {
      this.#running ??= this.#outside(() => this.#run());
      await this.#running.ready;
      yield { cursor: after ?? this.#cursor, item: undefined };
      if (after !== undefined) yield* await this.#since(after);
      for await (const items of listener.heard()) {
        for (const item of items) yield { cursor: this.#cursor, item };
        if (items.length === 0) yield { cursor: this.#cursor, item: undefined };
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.#listeners.delete(listener);
    }
  }

  /** All are let go. */
  async close(): Promise<void> {
    this.#closed.abort();
    for (const listener of this.#listeners) listener.leave();
    await this.#running?.ended;
  }

  async #since(after: number): Promise<readonly News[]> {
    const { auditEvents } = this.#metadata.tables;
    const events = await auditEvents.doneSince(after, [], ACTIONS, MOST_AT_ONCE);
    return events.map((event) => ({ cursor: after, item: toItem(event) }));
  }

  #run(): { readonly ready: Promise<undefined>; readonly ended: Promise<void> } {
    const ready = Promise.withResolvers<undefined>();
    const look = this.#look(() => {
      ready.resolve(undefined);
    });
    const ended = look.finally(() => {
      this.#running = undefined;
    });
    return { ready: ready.promise, ended };
  }

  /** Until nobody listens. What is there already is passed by. */
  async #look(ready: () => void): Promise<void> {
    let [begun, caughtUp] = [false, false];
    while (this.#listeners.size > 0 && !this.#closed.signal.aborted) {
      try {
        if (!begun) await this.#begin();
        begun = true;
        const events = await this.#untold();
        if (caughtUp) this.#tell(events.map(toItem));
        if (events.length === MOST_AT_ONCE) continue;
        caughtUp = true;
        ready();
      } catch {
        // The database does not answer. Nothing is lost: it is asked again from the same place.
      }
      await sleep(INTERVAL, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
    ready();
  }

  async #begin(): Promise<void> {
    this.#cursor = await this.#metadata.tables.auditEvents.lastBefore(SETTLED);
    this.#told.clear();
  }

  async #untold(): Promise<readonly AuditEvent[]> {
    const now = performance.now();
    const settled = [...this.#told].filter(([, at]) => now - at > SETTLED * 1000);
    this.#cursor = Math.max(this.#cursor, ...settled.map(([id]) => id));
    for (const id of this.#told.keys()) if (id <= this.#cursor) this.#told.delete(id);
    const { auditEvents } = this.#metadata.tables;
    const told = [...this.#told.keys()];
    const events = await auditEvents.doneSince(this.#cursor, told, ACTIONS, MOST_AT_ONCE);
    for (const { id } of events) this.#told.set(id, now);
    return events;
  }

  #tell(items: readonly NewsItem[]): void {
    for (const listener of this.#listeners) listener.tell(items);
  }
}

class Listener {
  #waiting: NewsItem[] = [];
  #wake: () => void = () => undefined;
  #left = false;
  #behind = false;

  leave(): void {
    this.#left = true;
    this.#wake();
  }

  tell(items: readonly NewsItem[]): void {
    if (items.length === 0) return;
    this.#waiting.push(...items);
    this.#behind = this.#waiting.length > MOST_WAITING;
    this.#wake();
  }

  /** What there is, each time that there is something, and nothing after a long silence. */
  async *heard(): AsyncGenerator<readonly NewsItem[], void> {
    for (;;) {
      if (this.#waiting.length === 0 && !this.#gone()) await this.#silence();
      if (this.#gone()) return;
      const heard = this.#waiting;
      this.#waiting = [];
      yield heard;
    }
  }

  #gone(): boolean {
    return this.#left || this.#behind;
  }

  async #silence(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wake = () => {
      resolve(undefined);
    };
    const timer = setTimeout(this.#wake, SILENCE);
    await promise;
    clearTimeout(timer);
  }
}

function toItem(event: AuditEvent): NewsItem {
  const { action, at, actor } = event;
  return { type: TYPES[action] ?? 'change', at, actor, ...affectedBy(event) };
}
