/** Where a request comes from, as far as limits and the audit log want to know. */
export interface Asking {
  /** The client's address; behind proxies that are trusted, the one that they name. */
  readonly address: string;
  /** What program it says it is. */
  readonly client: string;
  /** As the log calls the request. */
  readonly requestId: string;
}
