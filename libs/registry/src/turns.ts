import { tooManyRequests } from './errors.ts';

/** Lets so many work at once, and so many more wait; who comes beyond that is told to come again. */
export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  readonly #longest: number;
  #working = 0;

  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working < this.#most) this.#working++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#working--;
      else next();
    }
  }

  async #turn(): Promise<void> {
    if (this.#waiting.length >= this.#longest) {
      throw tooManyRequests('too many look into images at once; try again in a moment', 5);
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
