import { enablingCommand, findTool } from '../../../../scripts/host-tools.mjs';

/** A suite that mounts or changes owners, and the tools it runs; elsewhere its name says what enables it. */
export function describeAsRoot(name: string, tools: readonly string[], suite: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined).map(enablingCommand);
  const remedies = [...new Set(missing), ...(process.getuid?.() === 0 ? [] : ['sudo npm test'])];
  if (remedies.length === 0) {
    describe(name, suite);
  } else if (process.env.SLIPWAY_TEST_REQUIRE_ALL === '1') {
    describe(name, () => {
      it('finds all that it needs on this machine', () => {
        throw new Error(`${name} cannot be tested here: ${remedies.join('; ')}`);
      });
    });
  } else {
    describe.skip(`${name} (skipped: ${remedies.join('; ')})`, suite);
  }
}
