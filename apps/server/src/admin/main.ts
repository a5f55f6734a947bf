import { CommanderError } from 'commander';
import { NotReached, Refused } from './ask.ts';
import { programFor } from './program.ts';
import { SecretInput } from './secrets.ts';
import { terminalSettings } from './settings.ts';

/** 1: the server refused. */
const REFUSED = 1;
const WRONG_WORDS = 2;
const NOT_REACHED = 3;

const input = new SecretInput(process.stdin, process.stderr);
const program = programFor({
  settings: terminalSettings(),
  print: (text) => process.stdout.write(`${text}\n`),
  secret: (what) => input.ask(what),
});

for (const command of [
  program,
  ...program.commands,
  ...program.commands.flatMap((each) => each.commands),
]) {
  command.exitOverride();
}
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = failed(error);
} finally {
  input.close();
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_WORDS;
  if (error instanceof Refused) {
    const { detail, faults = [] } = error.problem;
    process.stderr.write(`${detail}\n`);
    for (const { path, message } of faults.length > 1 ? faults : []) {
      process.stderr.write(`  ${path}: ${message}\n`);
    }
    return REFUSED;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof NotReached ? NOT_REACHED : REFUSED;
}
