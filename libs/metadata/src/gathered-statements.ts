import { AsyncLocalStorage } from 'node:async_hooks';

const MOST = 500;

/**
 * What a statement of many keys selects from: repositories' names and, in `column`, what is asked of each.
 *
 * The rest belongs in lateral subqueries with `offset 0`, each planned as a statement of one key would be: by
 * its index. In a plain join Postgres, as long as it takes the tables for empty, reads all that a repository
 * has for each key.
 */
export const asked = (column: string): string =>
  `unnest($1::text[], $2::text[]) with ordinality as k (repository, ${column}, key)`;

/**
 * Many questions or changes of one kind as few statements: while one statement is under way, those that are
 * asked for gather, and go together in the next. Each is answered by a statement that began after it was
 * asked for, so it sees everything that was committed before, and a change is committed when its answer comes. It
 * runs in the asynchronous context of the first that it answers.
 */
export class GatheredStatements<Key, Value> {
  readonly #ask: (keys: readonly Key[]) => Promise<ReadonlyMap<number, Value>>;
  #waiting: Waiting<Key, Value>[] = [];
  #underWay = false;

  /** `ask` answers with what came of each key, by its position. */
  constructor(ask: (keys: readonly Key[]) => Promise<ReadonlyMap<number, Value>>) {
    this.#ask = ask;
  }

  async ask(key: Key): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject, within: AsyncLocalStorage.snapshot() });
      if (!this.#underWay) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#underWay = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST);
      const within = batch[0]?.within ?? AsyncLocalStorage.snapshot();
      try {
        const found = await within(() => this.#ask(batch.map(({ key }) => key)));
        for (const [position, { resolve }] of batch.entries()) resolve(found.get(position));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#underWay = false;
  }
}

interface Waiting<Key, Value> {
  readonly key: Key;
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly within: ReturnType<typeof AsyncLocalStorage.snapshot>;
}
