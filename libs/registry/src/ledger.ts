import { hash } from 'node:crypto';
import type {
  Ledger as Chain,
  LedgerEntry,
  Link,
  Metadata,
  RepositoryId,
  Tables,
} from '@slipway/metadata';

const REPOSITORIES_AT_ONCE = 100;
const ENTRIES_AT_ONCE = 1000;

/** What came of looking at a repository's chain. */
export interface Verified {
  /** Larger than that of the one before. */
  readonly id: RepositoryId;
  /** Its name, or the last one it had. */
  readonly repository: string;
  /** How many moves the chain has. */
  readonly entries: number;
  /** The hash that stands for all of them, in hexadecimal; whoever notes it can tell later that none was changed. */
  readonly head: string;
  /** The first thing that is not as it must be, as a sentence. */
  readonly fault: string | undefined;
}

/**
 * The moves of a repository's tags as a chain: each entry's hash is made of the entry and of the hash before.
 *
 * A push writes its entry without one, so that it waits for no other push. `seal`, soon after, gives those
 * that are committed their places: of one tag in the order of its moves, as they cannot be committed in another.
 */
export class Ledger {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** Puts what is committed into its chain, but where another replica is doing it; returns how many entries. */
  async seal(signal?: AbortSignal): Promise<number> {
    let sealed = 0;
    for (;;) {
      const waiting = await this.#metadata.tables.tagLedgers.unsealed(REPOSITORIES_AT_ONCE);
      const before = sealed;
      for (const repository of waiting) {
        if (signal?.aborted) return sealed;
        sealed += await this.#metadata.transaction((tables) => sealSome(tables, repository));
      }
      if (sealed === before) return sealed;
    }
  }

  /** Looks at every entry of at most `limit` repositories, those with larger ids than `after`. */
  async verify(after: RepositoryId, limit: number): Promise<Verified[]> {
    const chains = await this.#metadata.tables.tagLedgers.list(after, limit);
    const verified: Verified[] = [];
    for (const chain of chains) verified.push(await this.#verified(chain));
    return verified;
  }

  async #verified(chain: Chain): Promise<Verified> {
    const { tagLedgers } = this.#metadata.tables;
    const tell = (fault: string | undefined): Verified => ({
      id: chain.id,
      repository: chain.repository,
      entries: chain.position,
      head: chain.hash.toString('hex'),
      fault,
    });
    let end: Link = START;
    while (end.position < chain.position) {
      const count = Math.min(ENTRIES_AT_ONCE, chain.position - end.position);
      const links = await tagLedgers.links(chain.id, end.position, count);
      for (const link of links) {
        const next = linkAfter(end, chain.id, link);
        if (link.position !== next.position) return tell(`entry ${next.position} is missing`);
        if (!link.hash.equals(next.hash)) {
          return tell(`entry ${link.position}, a move of ${link.tag}, is not what was sealed`);
        }
        end = next;
      }
      if (links.length < count) return tell(`entry ${end.position + 1} is missing`);
    }
    if (!end.hash.equals(chain.hash)) return tell('the chain ends with another hash than it did');
    const astray = await tagLedgers.astray(chain.id);
    return tell(astray && `the tag ${astray} is not where its last move has brought it`);
  }
}

const START: Link = { position: 0, hash: Buffer.alloc(0) };

async function sealSome(tables: Tables, repository: RepositoryId): Promise<number> {
  const { tagLedgers } = tables;
  let end = await tagLedgers.hold(repository);
  if (end === undefined) return 0;
  const entries = await tagLedgers.waiting(repository, ENTRIES_AT_ONCE);
  const links: Link[] = [];
  for (const entry of entries) {
    end = linkAfter(end, repository, entry);
    links.push(end);
  }
  const ids = entries.map(({ id }) => id);
  await tagLedgers.seal(repository, ids, links);
  return entries.length;
}

function linkAfter(before: Link, repository: RepositoryId, entry: LedgerEntry): Link {
  const position = before.position + 1;
  const { id, tag, from, to, at, action, actor, actorKind, credential, address, client } = entry;
  const what = [repository, position, id, tag, from, to, at];
  const who = [action, actor, actorKind, credential, address, client];
  const bytes = Buffer.concat([before.hash, Buffer.from(JSON.stringify([...what, ...who]))]);
  return { position, hash: hash('sha256', bytes, 'buffer') };
}
