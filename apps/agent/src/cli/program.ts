import { Command } from 'commander';
import { startDaemon } from '../daemon.ts';
import { exitCodeOf } from '../errors.ts';
import { agentSettings, type Environment } from '../settings.ts';
import { type Asking, asking } from './asking.ts';
import { Refused } from './call-agent.ts';
import { containerWords } from './container-words.ts';
import { imageWords } from './image-words.ts';
import { lookingWords } from './looking-words.ts';
import { networkWords } from './network-words.ts';
import { print } from './output.ts';
import { pruneWords } from './prune-words.ts';
import { runWords } from './run-words.ts';
import { signInWords } from './sign-in-words.ts';
import { volumeWords } from './volume-words.ts';

interface GlobalOptions {
  readonly root?: string;
  readonly socket?: string;
  readonly runtime?: string;
}

/** The words that people type; each says what the agent is asked and prints what it answers. */
export function program(environment: Environment): Command {
  const slipway = new Command('slipway')
    .description('Runs images of a registry on this host.')
    .option('--root <folder>', 'where images and containers are kept (SLIPWAY_ROOT)')
    .option('--socket <path>', 'where the agent listens (SLIPWAY_SOCKET)')
    .option('--runtime <name>', 'crun, runc or youki (SLIPWAY_RUNTIME)')
    .enablePositionalOptions()
    .exitOverride();

  const ask = asking(() => agentSettings(slipway.opts<GlobalOptions>(), environment), environment);
  const system = slipway.command('system').description('the host itself');
  agentWords(slipway, system, ask);
  signInWords(slipway, ask);
  imageWords(slipway, ask);
  runWords(slipway, ask);
  containerWords(slipway, ask);
  lookingWords(slipway, ask);
  volumeWords(slipway, ask);
  networkWords(slipway, ask);
  pruneWords(slipway, system, ask);
  return slipway;
}

/** The agent itself, and the host that it works on. */
function agentWords(slipway: Command, system: Command, { call, settings }: Asking): void {
  slipway
    .command('agent')
    .description('run the agent, which does what the other words ask for')
    .action(async () => {
      const daemon = await startDaemon(settings());
      process.stderr.write(`slipway: the agent listens on ${settings().socket}\n`);
      await new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
      });
      await daemon.stop();
      // Containers go on; what watches them here must not keep this process.
      process.exit(0);
    });

  system
    .command('check')
    .description('what this host has and lacks for running images')
    .action(async () => {
      const findings = await call('check', {});
      print(
        findings
          .map(({ what, state, detail }) => `${state.padEnd(8)} ${what}: ${detail}\n`)
          .join(''),
      );
      if (findings.some(({ state }) => state === 'missing')) process.exitCode = 1;
    });
}

/** What an error is to the shell, after it was printed. */
export function exitCode(error: unknown): number {
  return error instanceof Refused ? exitCodeOf(error.reason) : 125;
}
