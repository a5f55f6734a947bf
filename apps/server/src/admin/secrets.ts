import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks for secrets: at a terminal without showing what is typed, elsewhere as lines of the standard input. */
export class SecretInput {
  readonly #input: NodeJS.ReadStream;
  readonly #errors: NodeJS.WritableStream;
  #lines: AsyncIterator<string> | undefined;
  #reader: Interface | undefined;

  constructor(input: NodeJS.ReadStream, errors: NodeJS.WritableStream) {
    this.#input = input;
    this.#errors = errors;
  }

  async ask(what: string): Promise<string> {
    if (this.#input.isTTY) this.#errors.write(`${what}: `);
    const answer = await this.#line();
    if (this.#input.isTTY) this.#errors.write('\n');
    if (answer === undefined) throw new Error(`${what}: nothing was given`);
    return answer;
  }

  close(): void {
    this.#reader?.close();
  }

  async #line(): Promise<string | undefined> {
    const silent = new Writable({
      write: (_piece, _encoding, done) => {
        done();
      },
    });
    this.#reader ??= createInterface({
      input: this.#input,
      output: silent,
      terminal: this.#input.isTTY,
    });
    this.#lines ??= this.#reader[Symbol.asyncIterator]();
    const next = await this.#lines.next();
    return next.done === true ? undefined : next.value;
  }
}
