/**
 * Runs `main` where Node is new enough to read it. This file and those that import it statically
 * keep to the syntax of Node 12, so that an old Node prints a sentence and not a syntax error.
 */
export function onSupportedNode(main) {
  if (Number(process.versions.node.split('.')[0]) >= 20) return main();
  console.error(
    'Slipway needs Node 20 or newer; this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\nInstall a newer Node, for example from nodejs.org or with nvm, then run the same command again.',
  );
  process.exitCode = 1;
}
