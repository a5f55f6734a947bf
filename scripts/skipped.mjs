const SAID = /\s*\((?:skipped: (?<command>[^)]*)|needs (?<need>[^)]*))\)/;

/** Everything that was skipped, by name, under the command that would enable it. */
export function skippedInWords(skipped) {
  const byCommand = new Map();
  for (const { stage, test } of skipped) {
    const command = commandFor(test);
    byCommand.set(command, [
      ...(byCommand.get(command) ?? []),
      `    ${stage}: ${test.replace(SAID, '')}`,
    ]);
  }
  const groups = [...byCommand].map(([command, names]) => `  ${command}\n${names.join('\n')}`);
  return `Skipped, under the command that enables it:\n${groups.join('\n')}`;
}

/** The skipped tests whose names do not say what this machine lacks: somebody switched them off. */
export function unexplained(names) {
  return names.filter((name) => !SAID.test(name));
}

function commandFor(name) {
  const { command, need } = SAID.exec(name)?.groups ?? {};
  if (command) return command;
  if (need?.startsWith('root'))
    return need === 'root' ? 'sudo npm test' : `sudo npm test, on a machine with ${need}`;
  return need ? `on a machine with ${need}` : 'switched off in the code: take .skip away';
}
