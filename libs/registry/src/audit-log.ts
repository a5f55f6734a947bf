import type { AuditEvent, AuditFilter, Metadata, NewAuditEvent } from '@slipway/metadata';
import { ANONYMOUS, type Identity, may, type Resource } from './access.ts';
import type { Asking } from './asking.ts';
import { type By, type Deed, eventOf, namespaceOf } from './audit-event.ts';
import { refusal } from './refusal.ts';

/** How long events that need not be there before the answer gather, in milliseconds. */
const GATHER = 500;

/** How many kinds of events wait at most; those that find no place are counted. */
const MOST_WAITING = 5000;

/** Events in one statement. */
const BATCH = 500;

/** A credential that signs in from one place is written down once in that time, in milliseconds. */
const SAME_SIGN_IN = 900_000;

const MOST_SIGN_INS = 10_000;

const EXPORT_PAGE = 1000;

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** What to ask for to go on; `undefined` at the end. */
  readonly before: number | undefined;
}

interface Waiting {
  readonly event: NewAuditEvent;
  /** Stands for whoever has the name, if anybody has: else it may be a secret that was typed in the wrong place. */
  readonly claimed: string | undefined;
  times: number;
}

/**
 * What was done and refused, by whom, with which credential, from where.
 *
 * INVARIANTS
 * - A change is written in its transaction, or before it is answered: none is without its event.
 * - What changed nothing is written after its answer, with the same things that happen meanwhile as one
 *   event that counts them. A crash may lose the last half second of that, and a flood what is over the
 *   bound; then an event says how many.
 * - Nothing that was sent as a secret is written down, nor what was sent as a name and is none.
 */
export class AuditLog {
  readonly #metadata: Metadata;
  readonly #now: () => number;
  readonly #report: (error: unknown) => void;
  readonly #signedIn = new Map<string, number>();
  #waiting = new Map<string, Waiting>();
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing = Promise.resolve();

  /** `report` is told why events could not be written; they are tried again. */
  constructor(metadata: Metadata, now: () => number, report: (error: unknown) => void) {
    this.#metadata = metadata;
    this.#now = now;
    this.#report = report;
  }

  /** For a change that is no transaction of its own: to be awaited before it is answered. */
  async done(by: By, deed: Deed): Promise<void> {
    await this.#metadata.tables.auditEvents.insertOne(eventOf(by, deed, 'done'));
  }

  refused(by: By, deed: Deed): void {
    this.#wait(eventOf(by, deed, 'refused', this.#date()));
  }

  /** What somebody might do and what did not come about. */
  failed(by: By, deed: Deed): void {
    this.#wait(eventOf(by, deed, 'failed', this.#date()));
  }

  signedIn(by: By): void {
    const { name, principal } = by.identity;
    const key = JSON.stringify([principal, by.asking.address, by.asking.client]);
    const now = this.#now();
    if (now - (this.#signedIn.get(key) ?? -Infinity) < SAME_SIGN_IN) return;
    this.#signedIn.delete(key);
    this.#signedIn.set(key, now);
    const [oldest] = this.#signedIn.keys();
    if (this.#signedIn.size > MOST_SIGN_INS && oldest !== undefined) this.#signedIn.delete(oldest);
    this.#wait(eventOf(by, signIn(name), 'done', this.#date()));
  }

  /** `username` is what was sent as one. */
  signInRefused(username: string, credential: string, asking: Asking): void {
    const event: NewAuditEvent = {
      ...eventOf({ identity: ANONYMOUS, asking }, signIn(''), 'refused', this.#date()),
      credential,
    };
    this.#wait(event, username);
  }

  /** Kinds of events that are to be written yet. */
  get held(): number {
    return this.#waiting.size;
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flushing;
    await this.#flush();
    clearTimeout(this.#timer);
  }

  /**
   * Newest first. Whoever owns a namespace may read of it, site administrators of everything; `before` is
   * that of the page before.
   */
  async list(
    reader: Identity,
    filter: AuditFilter,
    { before, limit }: { readonly before: number | undefined; readonly limit: number },
  ): Promise<AuditPage> {
    requireReader(reader, filter);
    const found = await this.#metadata.tables.auditEvents.list(filter, before, limit + 1);
    const events = found.slice(0, limit);
    return { events, before: found.length > limit ? events.at(-1)?.id : undefined };
  }

  /** All of it, a JSON text in each line, newest first. Refuses before the first line, or not at all. */
  export(reader: Identity, filter: AuditFilter): AsyncIterable<string> {
    requireReader(reader, filter);
    return this.#lines(filter);
  }

  async *#lines(filter: AuditFilter): AsyncGenerator<string, void, void> {
    const { auditEvents } = this.#metadata.tables;
    for (let before: number | undefined; ;) {
      const events = await auditEvents.list(filter, before, EXPORT_PAGE);
      if (events.length > 0) {
        yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
      }
      if (events.length < EXPORT_PAGE) return;
      before = events.at(-1)?.id;
    }
  }

  #date(): Date {
    return new Date(this.#now());
  }

  #wait(event: NewAuditEvent, claimed?: string): void {
    const key = JSON.stringify([claimed, { ...event, at: undefined, requestId: undefined }]);
    const before = this.#waiting.get(key);
    if (before !== undefined) before.times++;
    else if (this.#waiting.size < MOST_WAITING) {
      this.#waiting.set(key, { event, claimed, times: 1 });
    } else this.#lost++;
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flushing = this.#flushing.then(() => this.#flush());
    }, GATHER);
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    const lost = this.#lost;
    this.#waiting = new Map();
    this.#lost = 0;
    try {
      const { auditEvents } = this.#metadata.tables;
      const all = [...waiting.entries()];
      for (let n = 0; n < all.length; n += BATCH) {
        const batch = all.slice(n, n + BATCH);
        await auditEvents.insert(await this.#named(batch.map(([, each]) => each)));
        for (const [key] of batch) waiting.delete(key);
      }
      if (lost > 0) await auditEvents.insert([lostEvents(lost)]);
    } catch (error) {
      this.#report(error);
      this.#lost += lost;
      for (const [key, each] of waiting) this.#waitAgain(key, each);
    }
  }

  #waitAgain(key: string, each: Waiting): void {
    const newer = this.#waiting.get(key);
    if (newer !== undefined) newer.times += each.times;
    else if (this.#waiting.size < MOST_WAITING) this.#waiting.set(key, each);
    else this.#lost += each.times;
    this.#schedule();
  }

  async #named(batch: readonly Waiting[]): Promise<NewAuditEvent[]> {
    const claimed = batch.flatMap(({ claimed: name }) =>
      name === undefined || name.includes('\0') ? [] : [name],
    );
    const known = new Set(
      claimed.length === 0 ? [] : await this.#metadata.tables.auditEvents.actorsAmong(claimed),
    );
    return batch.map(({ event, claimed: name, times }) => ({
      ...event,
      ...(name !== undefined && known.has(name) && claimedBy(name)),
      ...(times > 1 && { detail: { ...event.detail, times } }),
    }));
  }
}

function signIn(name: string): Deed {
  return {
    action: 'sign-in',
    resource: name,
    namespace: name === '' ? undefined : namespaceOf(name),
  };
}

function claimedBy(name: string) {
  return { ...signIn(name), actor: name, actorKind: name.includes('+') ? 'robot' : 'account' };
}

function lostEvents(times: number): NewAuditEvent {
  const asking = { address: '', client: '', requestId: '' };
  const deed = { action: 'audit.lost', resource: '', namespace: undefined, detail: { times } };
  return { ...eventOf({ identity: ANONYMOUS, asking }, deed, 'failed'), actorKind: 'operator' };
}

function requireReader(reader: Identity, { namespace }: AuditFilter): void {
  const resource: Resource =
    namespace === undefined ? { kind: 'site' } : { kind: 'namespace', name: namespace };
  const decision = may(reader, 'administer', resource);
  if (!decision.allowed) throw refusal(reader, 'administer', resource, decision);
}
