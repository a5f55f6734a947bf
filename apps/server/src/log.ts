import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Settings } from './settings.ts';

/**
 * Lines for people on a terminal, JSON for machines; on standard error, never a credential among them. Each has
 * `fields`, as they are then.
 */
export function openLog(
  settings: Settings,
  fields?: () => Readonly<Record<string, string>>,
): Logger {
  const options = {
    level: settings.SLIPWAY_LOG_LEVEL,
    base: null,
    ...(fields !== undefined && { mixin: fields }),
    redact: ['req.headers.authorization', 'req.headers.cookie'],
  };
  const { SLIPWAY_LOG_FORMAT: format } = settings;
  const text = format === 'text' || (format === 'auto' && process.stderr.isTTY);
  if (!text) return pino(options, pino.destination({ dest: 2, sync: false }));
  return pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'pid,hostname',
      singleLine: true,
    }),
  );
}
