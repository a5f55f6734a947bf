import { enablingCommand, findTool } from '../../../scripts/host-tools.mjs';

export interface Needs {
  readonly tools: readonly string[];
  /** Daemons that mount file systems do so as root. */
  readonly root?: boolean;
}

/**
 * A suite that runs where its tools are. Elsewhere it is skipped by a name that says which command
 * would enable it, or fails if SLIPWAY_TEST_REQUIRE_ALL=1.
 */
export function describeWith(needs: Needs, name: string, suite: () => void): void {
  const remedies = remediesFor(needs);
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

function remediesFor({ tools, root = false }: Needs): string[] {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  const commands = new Set(missing.map((tool) => enablingCommand(tool)));
  if (root && process.getuid?.() !== 0) commands.add('sudo npm test');
  return [...commands];
}
