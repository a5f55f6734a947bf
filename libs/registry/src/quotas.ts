import { type Metadata, type Quota, Remembered, type Usage } from '@slipway/metadata';
import type { Digest, RepositoryName } from '@slipway/oci';
import { namespaceOf, ownEvent } from './audit-event.ts';
import { RegistryError } from './errors.ts';
import type { GarbageTimes } from './garbage-times.ts';

const REMEMBERED = 10_000;

/** How long a sum is believed, in milliseconds: while there is much room, and near the end. */
const BELIEVED = 10_000;
const BELIEVED_NEAR_THE_END = 250;
const NEAR = 0.9;

/** In milliseconds. */
const NOTED_EVERY = 60_000;

/** What a push brings. */
export interface Bringing {
  readonly blob?: { readonly digest: Digest; readonly size: number };
  /** Bytes of a blob whose digest nobody knows yet. */
  readonly bytes?: number;
  readonly manifest?: Digest;
}

interface Amount {
  readonly bytes: number;
  readonly repositories: number;
  readonly manifests: number;
}

/** What this replica has let in and the last sum may not have. */
interface Admitted extends Amount {
  /** When it was done, and from when on a sum has it; `undefined` while it is under way. */
  doneAt: number | undefined;
}

interface Reserved {
  done(): void;
  undo(): void;
}

interface Account {
  sum: { readonly usage: Usage; readonly begunAt: number } | undefined;
  asking: Promise<{ readonly usage: Usage; readonly begunAt: number }> | undefined;
  admitted: Admitted[];
  /** When it was last written down that there is no room. */
  notedAt: number | undefined;
}

/** A namespace's quota and what it has of it. */
export interface QuotaAndUsage {
  readonly quota: Quota;
  readonly usage: Usage;
}

/**
 * What namespaces may have. No row is written for it: what a namespace has is summed up by the database now and
 * again, more often near the end, and beside that this replica knows what it has let in since. Pushes that come
 * over the last bytes at the same moment on several replicas may all be let in; then none is, until there is room.
 * On one they are not: what is under way has its room, and gives it back when it fails.
 */
export class Quotas {
  readonly #metadata: Metadata;
  readonly #times: GarbageTimes;
  readonly #quotas: Remembered<Quota>;
  readonly #accounts = new Map<string, Account>();

  constructor(metadata: Metadata, times: GarbageTimes) {
    this.#metadata = metadata;
    this.#times = times;
    this.#quotas = new Remembered(metadata.access, REMEMBERED);
  }

  async show(namespace: string): Promise<QuotaAndUsage> {
    const { quotas } = this.#metadata.tables;
    const quota = await quotas.find(namespace);
    if (quota === undefined) throw unknownNamespace(namespace);
    return { quota, usage: await quotas.usage(namespace, this.#times.reviewDelay) };
  }

  async set(namespace: string, quota: Quota): Promise<QuotaAndUsage> {
    if (!(await this.#metadata.tables.quotas.set(namespace, quota))) {
      throw unknownNamespace(namespace);
    }
    return this.show(namespace);
  }

  /** Does `work` when the namespace has room for what it brings; else refuses before it is done. */
  async admit<T>(
    repository: RepositoryName,
    bringing: Bringing,
    work: () => Promise<T>,
  ): Promise<T> {
    const reserved = await this.#reserve(repository, bringing);
    try {
      const result = await work();
      reserved?.done();
      return result;
    } catch (error) {
      reserved?.undo();
      throw error;
    }
  }

  /** Refuses what is to come, when there is no room for it. */
  async requireRoom(repository: RepositoryName, bringing: Bringing): Promise<void> {
    (await this.#reserve(repository, bringing))?.undo();
  }

  /** `undefined` where there is no limit. */
  async #reserve(repository: RepositoryName, bringing: Bringing): Promise<Reserved | undefined> {
    const namespace = namespaceOf(repository);
    const quota = await this.#quotaOf(namespace);
    if (Object.values(quota).every((limit) => limit === undefined)) return undefined;
    const amount = await this.#amountOf(namespace, repository, bringing, quota);
    const account = this.#accountOf(namespace);
    const admitted: Admitted = { ...amount, doneAt: undefined };
    account.admitted.push(admitted);
    const undo = () => {
      account.admitted = account.admitted.filter((other) => other !== admitted);
    };
    try {
      await this.#requireRoom(namespace, quota, account, amount);
    } catch (error) {
      undo();
      throw error;
    }
    return {
      undo,
      done: () => {
        admitted.doneAt = this.#times.now();
      },
    };
  }

  async #quotaOf(namespace: string): Promise<Quota> {
    const found = await this.#quotas.get(
      namespace,
      async () => (await this.#metadata.tables.quotas.find(namespace)) ?? {},
    );
    return found ?? {};
  }

  /** What the namespace has already brings nothing new. */
  async #amountOf(
    namespace: string,
    repository: RepositoryName,
    { blob, bytes = 0, manifest }: Bringing,
    quota: Quota,
  ): Promise<Amount> {
    const { manifests, quotas, repositories } = this.#metadata.tables;
    const isNew =
      quota.repositories !== undefined && (await repositories.find(repository)) === undefined;
    const known =
      blob !== undefined &&
      quota.bytes !== undefined &&
      (await quotas.holds(namespace, blob.digest));
    const more =
      manifest !== undefined &&
      quota.manifests !== undefined &&
      (await manifests.byDigest(repository, manifest)) === undefined;
    return {
      bytes: bytes + (blob === undefined || known ? 0 : blob.size),
      repositories: isNew ? 1 : 0,
      manifests: more ? 1 : 0,
    };
  }

  async #requireRoom(
    namespace: string,
    quota: Quota,
    account: Account,
    amount: Amount,
  ): Promise<void> {
    let sum = account.sum;
    const age = sum === undefined ? Number.POSITIVE_INFINITY : this.#times.now() - sum.begunAt;
    const near =
      sum === undefined || overrun(quota, totalOf(sum.usage, account), NEAR) !== undefined;
    if (sum === undefined || age > (near ? BELIEVED_NEAR_THE_END : BELIEVED)) {
      sum = await this.#sum(namespace, account);
    }
    const total = totalOf(sum.usage, account);
    const over = overrun(quota, total, 1);
    if (over === undefined || amount[over] === 0) return;
    const refused = full(
      namespace,
      over,
      quota[over] ?? 0,
      total[over] - amount[over],
      amount[over],
    );
    await this.#note(namespace, account, refused);
    throw refused;
  }

  /** That there is no room is written down, but not for each push that finds none. */
  async #note(namespace: string, account: Account, { detail }: RegistryError): Promise<void> {
    const now = this.#times.now();
    if (account.notedAt !== undefined && now - account.notedAt < NOTED_EVERY) return;
    account.notedAt = now;
    const deed = { action: 'quota.refuse', resource: namespace, namespace };
    const event = ownEvent({ ...deed, detail: detail as Record<string, unknown> }, 'refused');
    await this.#metadata.tables.auditEvents.insertOne(event);
  }

  /** One sum at a time; those who come while it is made share it, for what they bring is counted beside. */
  async #sum(
    namespace: string,
    account: Account,
  ): Promise<{ readonly usage: Usage; readonly begunAt: number }> {
    account.asking ??= (async () => {
      const begunAt = this.#times.now();
      try {
        const usage = await this.#metadata.tables.quotas.usage(namespace, this.#times.reviewDelay);
        account.sum = { usage, begunAt };
        account.admitted = account.admitted.filter(
          ({ doneAt }) => doneAt === undefined || doneAt >= begunAt,
        );
        return account.sum;
      } finally {
        account.asking = undefined;
      }
    })();
    return account.asking;
  }

  #accountOf(namespace: string): Account {
    const known = this.#accounts.get(namespace);
    if (known !== undefined) return known;
    const account: Account = {
      sum: undefined,
      asking: undefined,
      admitted: [],
      notedAt: undefined,
    };
    this.#accounts.set(namespace, account);
    return account;
  }
}

/** What there is, and what has been let in since. */
function totalOf(usage: Usage, { admitted }: Account): Amount {
  return admitted.reduce<Amount>(
    (total, { bytes, repositories, manifests }) => ({
      bytes: total.bytes + bytes,
      repositories: total.repositories + repositories,
      manifests: total.manifests + manifests,
    }),
    usage,
  );
}

/** Of what there is more than that part of the quota. */
function overrun(quota: Quota, total: Amount, part: number): keyof Amount | undefined {
  return (['bytes', 'repositories', 'manifests'] as const).find((kind) => {
    const limit = quota[kind];
    return limit !== undefined && total[kind] > limit * part;
  });
}

function full(
  namespace: string,
  kind: keyof Amount,
  limit: number,
  has: number,
  brings: number,
): RegistryError {
  const said = (amount: number) => (kind === 'bytes' ? inUnits(amount) : `${amount} ${kind}`);
  return new RegistryError(
    'quota-exceeded',
    `${namespace} may have ${said(limit)} and has ${said(has)}; there is no room for ${said(brings)} more: delete something, or ask an administrator of the site`,
    { namespace, kind, limit, has, brings },
  );
}

/** As people read it: 1.5 GB. */
function inUnits(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit] ?? ''}`;
}

function unknownNamespace(namespace: string): RegistryError {
  return new RegistryError('namespace-unknown', `there is no ${namespace}`, { namespace });
}
