import { type SuiteRegistry, suiteRegistry } from '../../server/test/suite-registry.ts';
import { type TestAgent, testAgent } from './test-agent.ts';

const stopLimit = 120_000;

/**
 * An agent for the suite around this call, and the registry that it pulls from; both may be used from `beforeAll` on.
 * The agent ends first: jest does what stands in `afterAll` in the order in which it was said, and the registry
 * removes the folder that the agent works in.
 */
export function suiteAgent(): {
  readonly agent: TestAgent;
  readonly registry: SuiteRegistry;
  /** Signs the agent in to the registry. */
  readonly signIn: () => Promise<void>;
} {
  const agent = {} as TestAgent;
  afterAll(async () => agent.stop(), stopLimit);
  const registry = suiteRegistry();
  beforeAll(() => {
    Object.assign(agent, testAgent(registry.folder));
  });
  const signIn = async () => {
    const { username, password, host } = registry;
    await agent.run(['login', '-u', username, '--password-stdin', host], password);
  };
  return { agent, registry, signIn };
}
