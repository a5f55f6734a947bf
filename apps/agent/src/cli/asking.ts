import type { AgentSettings, Environment } from '../settings.ts';
import type { Method, Request, Result, WireEvent } from '../wire.ts';
import { callAgent } from './call-agent.ts';
import { reachAgent } from './reach-agent.ts';

/** What every word stands on: where the agent is, what it answers, and the variables that are set here. */
export interface Asking {
  readonly environment: Environment;
  readonly settings: () => AgentSettings;
  readonly call: <Name extends Method>(
    method: Name,
    body: Request<Name>,
    hear?: (event: WireEvent) => void,
  ) => Promise<Result<Name>>;
}

export function asking(settings: () => AgentSettings, environment: Environment): Asking {
  return {
    environment,
    settings,
    call: async (method, body, hear) => {
      await reachAgent(settings());
      return callAgent(settings().socket, method, body, hear);
    },
  };
}
