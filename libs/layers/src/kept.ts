/** What was made for the keys that were asked for last; what could not be made is made again. */
export class Kept<Value> {
  readonly #most: number;
  /** The longest unused first. */
  readonly #made = new Map<string, Promise<Value>>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const known = this.#made.get(key);
    this.#made.delete(key);
    const value = known ?? make();
    this.#made.set(key, value);
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= this.#most) break;
      this.#made.delete(oldest);
    }
    value.catch(() => {
      this.forget(key);
    });
    return value;
  }

  forget(key: string): void {
    this.#made.delete(key);
  }
}
