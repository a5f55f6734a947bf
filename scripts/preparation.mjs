import { build, isBuilt } from './build.mjs';
import { install, isInstalled } from './dependencies.mjs';
import { exclusively } from './exclusively.mjs';
import { refuseForeignMachine } from './machine.mjs';

/**
 * Makes the folder ready to run: installs what is missing, builds what changed, says nothing when
 * there is nothing to do. Two at once take turns. An attempt that was cut short is noticed and done again.
 */
export async function prepare() {
  if (isInstalled() && isBuilt()) return 0;
  refuseForeignMachine();
  return exclusively(async (hold) => {
    if (!isInstalled()) await install(hold);
    if (!isBuilt()) await build(hold);
    return 0;
  });
}
