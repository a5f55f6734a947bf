const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * Recognises where each response of a connection ends, without keeping its body. Knows the two framings that
 * registries use, Content-Length and chunked, and that one request is under way at a time.
 */
export class RawResponse {
  readonly #withoutBody: boolean;
  #head = '';
  #inBody = false;
  #remaining = 0;
  #chunked = false;
  #tail = Buffer.alloc(0);

  constructor(withoutBody: boolean) {
    this.#withoutBody = withoutBody;
  }

  /** Whether the response is complete after these bytes. */
  read(bytes: Buffer): boolean {
    if (this.#inBody) return this.#readBody(bytes);
    const at = bytes.indexOf(HEAD_END);
    if (at < 0) {
      this.#head += bytes.toString('latin1');
      return false;
    }
    this.#begin(this.#head + bytes.toString('latin1', 0, at));
    return this.#readBody(bytes.subarray(at + HEAD_END.length));
  }

  #begin(head: string): void {
    const status = head.slice(9, 12);
    if (status !== '200' && status !== '206') throw new Error(`the registry answered ${head}`);
    this.#chunked = !this.#withoutBody && /\r\ntransfer-encoding: *chunked/i.test(head);
    this.#remaining = this.#withoutBody
      ? 0
      : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    this.#inBody = true;
  }

  #readBody(bytes: Buffer): boolean {
    if (this.#chunked) {
      this.#tail = Buffer.concat([this.#tail, bytes.subarray(-LAST_CHUNK.length)]).subarray(
        -LAST_CHUNK.length,
      );
      if (!this.#tail.equals(LAST_CHUNK)) return false;
    } else {
      this.#remaining -= bytes.length;
      if (this.#remaining > 0) return false;
    }
    this.#head = '';
    this.#tail = Buffer.alloc(0);
    this.#inBody = false;
    return true;
  }
}
