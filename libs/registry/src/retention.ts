import type {
  Judged,
  Metadata,
  NewAuditEvent,
  RepositoryId,
  RetentionPolicy,
  RetentionRule,
  RetentionSummary,
  Tables,
} from '@slipway/metadata';
import type { RepositoryName } from '@slipway/oci';
import { type By, eventOf, onRepository, ownEvent } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';
import { existingNamespace } from './namespaces.ts';
import { deleteManifests, holdGoing } from './removal.ts';
import { unknownRepository } from './repositories.ts';

/** What a repository's policy is, and whose. */
export interface Policies {
  readonly own: RetentionPolicy | undefined;
  /** The namespace's, which holds where the repository has none. */
  readonly inherited: RetentionPolicy | undefined;
  readonly appliedAt: Date | undefined;
}

/** What would become of a tag, and why, in a sentence. */
export interface Verdict extends Pick<Judged, 'name' | 'digest' | 'at' | 'because'> {
  readonly stays: boolean;
  readonly why: string;
  readonly lastPulledAt: Date | undefined;
}

export interface Applied {
  readonly tags: number;
  readonly manifests: number;
}

const NOTHING: Applied = { tags: 0, manifests: 0 };

/**
 * Which tags stay, by rules. A repository's own policy holds instead of its namespace's; what either protects
 * stays. What goes, goes into the trash, with all that lives by it alone: children, signatures, attestations.
 */
export class Retention {
  readonly #metadata: Metadata;
  readonly #times: GarbageTimes;

  constructor(metadata: Metadata, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#times = times;
  }

  async show(repository: RepositoryName): Promise<Policies> {
    const { own, inherited, appliedAt } = await policiesOf(this.#metadata.tables, repository);
    return {
      own: own ?? undefined,
      inherited: inherited ?? undefined,
      appliedAt: appliedAt ?? undefined,
    };
  }

  /** No policy, or one that says nothing, leaves it to the namespace's. */
  async set(repository: RepositoryName, policy: RetentionPolicy): Promise<Policies> {
    requireSense(policy);
    const { tables } = this.#metadata;
    const { id } = await policiesOf(tables, repository);
    await tables.retention.set(id, saysNothing(policy) ? undefined : policy);
    return this.show(repository);
  }

  async showIn(namespace: string): Promise<RetentionPolicy | undefined> {
    const { tables } = this.#metadata;
    return tables.retention.ofNamespace((await existingNamespace(tables, namespace)).id);
  }

  async setIn(namespace: string, policy: RetentionPolicy): Promise<RetentionPolicy | undefined> {
    requireSense(policy);
    const { tables } = this.#metadata;
    const { id } = await existingNamespace(tables, namespace);
    await tables.retention.setInNamespace(id, saysNothing(policy) ? undefined : policy);
    return this.showIn(namespace);
  }

  /** What a policy would take away now: `proposed`, or the one that holds. Nothing is changed. */
  async rehearse(
    repository: RepositoryName,
    proposed: RetentionPolicy | undefined,
  ): Promise<RetentionSummary> {
    const [id, policy] = await this.#policy(repository, proposed);
    return this.#metadata.tables.retention.summary(id, policy);
  }

  /** As `rehearse`, tag by tag: at most `limit` behind `after`, of those that go or stay, or all. */
  async judge(
    repository: RepositoryName,
    proposed: RetentionPolicy | undefined,
    page: { readonly after: string; readonly limit: number; readonly going: boolean | undefined },
  ): Promise<readonly Verdict[]> {
    const [id, policy] = await this.#policy(repository, proposed);
    const judged = await this.#metadata.tables.retention.judge(id, policy, page);
    return judged.map((tag) => ({
      name: tag.name,
      digest: tag.digest,
      at: tag.at,
      because: tag.because,
      stays: tag.because !== 'beyond',
      why: whyOf(tag, policy),
      lastPulledAt: tag.lastPulledAt ?? undefined,
    }));
  }

  /** Takes away what the policy that holds does not keep. */
  async apply(repository: RepositoryName, by: By): Promise<Applied> {
    const deed = onRepository('retention.apply', repository, undefined);
    const event = eventOf(by, deed, 'done');
    return this.#metadata.transaction(async (tables) => {
      const { id } = await policiesOf(tables, repository);
      return applyTo(tables, id, repository, this.#times, event);
    });
  }

  /** Applies the policies that have not been for `interval` seconds, on whichever replica comes first; returns what each took away. */
  async applyDue(
    interval: number,
    signal: AbortSignal,
  ): Promise<readonly (Applied & { readonly repository: RepositoryName })[]> {
    const applied = [];
    while (!signal.aborted) {
      const one = await this.#metadata.transaction(async (tables) => {
        const due = await tables.retention.due(interval);
        if (due === undefined) return undefined;
        const event = ownEvent(onRepository('retention.apply', due.name, undefined), 'done');
        const done = await applyTo(tables, due.id, due.name, this.#times, event);
        if (done.tags + done.manifests > 0) {
          await tables.auditEvents.insertOne({ ...event, detail: { ...done } });
        }
        return { repository: due.name, ...done };
      });
      if (one === undefined) break;
      applied.push(one);
    }
    return applied;
  }

  async #policy(
    repository: RepositoryName,
    proposed: RetentionPolicy | undefined,
  ): Promise<readonly [RepositoryId, RetentionPolicy]> {
    if (proposed !== undefined) requireSense(proposed);
    const found = await policiesOf(this.#metadata.tables, repository);
    return [found.id, effective(proposed ?? found.own, found.inherited) ?? NO_POLICY];
  }
}

const NO_POLICY: RetentionPolicy = { rules: [], protect: [] };

/** The repository's own, or the namespace's; with what either protects. */
function effective(
  own: RetentionPolicy | null,
  inherited: RetentionPolicy | null,
): RetentionPolicy | undefined {
  if (own === null || inherited === null) return own ?? inherited ?? undefined;
  return { ...own, protect: [...own.protect, ...inherited.protect] };
}

async function applyTo(
  tables: Tables,
  id: RepositoryId,
  repository: RepositoryName,
  times: GarbageTimes,
  event: NewAuditEvent,
): Promise<Applied> {
  const { own, inherited } = await policiesOf(tables, repository);
  const policy = effective(own, inherited);
  if (policy === undefined) return NOTHING;
  const { tags, manifests } = await holdGoing(tables, id, () => tables.retention.going(id, policy));
  if (tags.length + manifests.length === 0) return NOTHING;
  await tables.tagMoves.attribute(event);
  await deleteManifests(tables, id, { tags, manifests }, times, event);
  return { tags: tags.length, manifests: manifests.length };
}

async function policiesOf(tables: Tables, repository: RepositoryName) {
  const found = await tables.retention.of(repository);
  if (found === undefined) throw unknownRepository(repository);
  return found;
}

function saysNothing({ rules, protect, untaggedDays }: RetentionPolicy): boolean {
  return rules.length === 0 && protect.length === 0 && untaggedDays === undefined;
}

/** A rule without a condition would keep nothing: whoever means that, says keepLast 0. */
function requireSense({ rules, protect }: RetentionPolicy): void {
  rules.forEach((rule, at) => {
    const { tags, keepLast, keepNewerThanDays, keepPulledWithinDays } = rule;
    requireSome(tags, `rule ${at + 1}`);
    if ((keepLast ?? keepNewerThanDays ?? keepPulledWithinDays) !== undefined) return;
    throw new RegistryError(
      'request-invalid',
      `rule ${at + 1} (${tags.join(', ')}) says of no tag that it stays; say keepLast, keepNewerThanDays or keepPulledWithinDays`,
    );
  });
  if (protect.length > 0) requireSome(protect, 'what is protected');
}

function requireSome(patterns: readonly string[], what: string): void {
  if (patterns.some((pattern) => !pattern.startsWith('!'))) return;
  throw new RegistryError(
    'request-invalid',
    `${what} is about no tag: ${patterns.join(', ') || 'nothing'}; say which, * for all`,
  );
}

function whyOf({ because, rule, place }: Judged, { rules }: RetentionPolicy): string {
  const its = rules[(rule ?? 0) - 1];
  const named = `rule ${rule ?? 0} (${its?.tags.join(', ') ?? ''})`;
  switch (because) {
    case 'protected':
      return 'it is protected';
    case 'immutable':
      return 'it is immutable';
    case 'no-rule':
      return 'no rule is about it';
    case 'last':
      return `${named} keeps the last ${its?.keepLast ?? 0}, and its image is number ${place ?? 0}`;
    case 'newer':
      return `${named} keeps what was pushed within ${its?.keepNewerThanDays ?? 0} days`;
    case 'pulled':
      return `${named} keeps what was pulled within ${its?.keepPulledWithinDays ?? 0} days`;
    case 'beyond':
      return `${named} does not keep it: ${its === undefined ? '' : fallen(its, place ?? 0)}`;
  }
}

function fallen(rule: RetentionRule, place: number): string {
  const { keepLast, keepNewerThanDays, keepPulledWithinDays } = rule;
  return [
    keepLast !== undefined && `its image is number ${place} of the last ${keepLast}`,
    keepNewerThanDays !== undefined && `it was pushed more than ${keepNewerThanDays} days ago`,
    keepPulledWithinDays !== undefined && `nobody pulled it within ${keepPulledWithinDays} days`,
  ]
    .filter((reason) => reason !== false)
    .join('; ');
}
