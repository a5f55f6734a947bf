import { registryAt, type Registry } from './registry.ts';
import { startSlipway, type SlipwayOptions } from './slipway.ts';
import { tempFolder } from './temp-folder.ts';
import { wiretap, type Wiretap } from './wiretap.ts';

/** The server of one suite, as its clients see it, and a folder for what they write. */
export interface SuiteRegistry extends Registry {
  /** `host:port`, as it stands in an image's name. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
  readonly folder: string;
  readonly during: Wiretap['during'];
}

/** pino's levels from 50 on are errors: none of what clients do here is a reason for one. */
const faultsIn = (log: string): string[] =>
  log.split('\n').filter((line) => /^\{"level":[56]0,/.test(line));

export const startLimit = 90_000;

/**
 * Starts a server for the suite around this call and stops it after the suite. The value may be
 * used from `beforeAll` on.
 */
export function suiteRegistry(
  options: SlipwayOptions | (() => SlipwayOptions) = {},
): SuiteRegistry {
  const registry = {} as SuiteRegistry;
  const undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const folder = await tempFolder('client');
    undo.unshift(() => folder.remove());
    const slipway = await startSlipway(typeof options === 'function' ? options() : options);
    undo.unshift(async () => {
      await slipway.stop();
      expect(faultsIn(slipway.log())).toEqual([]);
    });
    const tap = await wiretap(slipway.port);
    undo.unshift(() => tap.close());
    const { username, password } = slipway;
    Object.assign(registry, {
      ...registryAt(slipway.url, username, password),
      host: tap.host,
      username,
      password,
      folder: folder.path,
      during: (action) => tap.during(action),
    } satisfies SuiteRegistry);
  }, startLimit);

  afterAll(async () => {
    for (const step of undo) await step();
  }, startLimit);

  return registry;
}
