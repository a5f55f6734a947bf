import { RemoteError } from '@slipway/client';
import { RuntimeError } from '@slipway/runtime';

export type AgentReason = 'conflict' | 'invalid' | 'not-found' | 'not-running';

/** A refusal of the agent's own: the message names the thing and what would be right. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly reason: AgentReason;

  constructor(reason: AgentReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What a client is told of an error; `undefined` for a bug. */
export function refusalOf(
  error: unknown,
): { readonly reason: string; readonly message: string } | undefined {
  if (
    error instanceof AgentError ||
    error instanceof RemoteError ||
    error instanceof RuntimeError
  ) {
    return { reason: error.reason, message: error.message };
  }
  return undefined;
}

/** As with Docker: 127 and 126 for a program that is not there or cannot be run, 125 for all else. */
export function exitCodeOf(reason: string): number {
  switch (reason) {
    case 'command-not-found':
      return 127;
    case 'command-not-executable':
      return 126;
    default:
      return 125;
  }
}
