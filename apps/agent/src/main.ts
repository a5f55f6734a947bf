import { CommanderError } from 'commander';
import { exitCode, program } from './cli/program.ts';
import { environment } from './settings.ts';

try {
  await program(environment()).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 125;
  } else {
    process.stderr.write(`slipway: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCode(error);
  }
}
