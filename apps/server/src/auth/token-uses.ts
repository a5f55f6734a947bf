import type { Identity } from '@slipway/registry';

interface Use {
  readonly id: string;
  readonly at: Date;
  readonly from: string;
}

/** When and from where access tokens were used last, until somebody writes it down. Requests never wait for that. */
export class TokenUses {
  #uses = new Map<string, { readonly at: number; readonly from: string }>();

  note({ principal }: Identity, from: string): void {
    if (principal?.credential.kind !== 'access-token') return;
    this.#uses.set(principal.credential.id, { at: Date.now(), from });
  }

  /** All since the last time. */
  take(): readonly Use[] {
    const uses = [...this.#uses].map(([id, { at, from }]) => ({ id, at: new Date(at), from }));
    this.#uses = new Map();
    return uses;
  }
}
