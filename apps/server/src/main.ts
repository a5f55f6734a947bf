import 'reflect-metadata';
import type { Logger } from 'pino';
import { openLog } from './log.ts';
import { type Server, startServer } from './server.ts';
import { parseSettings, SettingsError } from './settings.ts';
import { startFailure } from './start-failure.ts';
import { TracingSettingsError, tracingSettings } from './tracing/settings.ts';
import { openTracing } from './tracing/open-tracing.ts';
import { welcome } from './welcome.ts';

/** What the shell calls a faulty configuration (sysexits.h, EX_CONFIG). */
const EXIT_CONFIG = 78;

const { settings, traced } = readSettings();
const tracing = await openTracing(traced);
const log = openLog(settings, tracing?.fields);
const starting = startServer(settings, log, tracing);
stopOnSignals(starting, log);
try {
  const server = await starting;
  process.stdout.write(welcome(server, settings));
} catch (error) {
  const sentence = startFailure(error, settings);
  log[sentence === undefined ? 'fatal' : 'debug']({ err: error }, 'Slipway cannot start');
  process.stderr.write(`\nSlipway cannot start: ${sentence ?? String(error)}\n`);
  process.exitCode = 1;
}

function readSettings() {
  try {
    return { settings: parseSettings(), traced: tracingSettings() };
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof TracingSettingsError)) throw error;
    process.stderr.write(`Slipway cannot start with these settings:\n${error.message}\n`);
    return process.exit(EXIT_CONFIG);
  }
}

/** npm passes on the Ctrl-C that the terminal has sent us already: that is one wish, not two. */
const SAME_WISH = 1000;

/** The first signal ends the server in order, however far its start has come; another, later, at once. */
function stopOnSignals(starting: Promise<Server>, log: Logger): void {
  let stoppingSince: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stoppingSince !== undefined) {
        if (performance.now() - stoppingSince > SAME_WISH) process.exit(1);
        return;
      }
      stoppingSince = performance.now();
      log.info(`stopping on ${signal}`);
      starting
        .then((server) => server.stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            log.fatal({ err: error }, 'could not stop in order');
            process.exit(1);
          },
        );
    });
  }
}
