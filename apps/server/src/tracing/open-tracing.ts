import type { TracingSettings } from './settings.ts';
import type { Tracing } from './tracing.ts';

/** Nothing is loaded where nothing is traced. */
export async function openTracing(
  settings: TracingSettings | undefined,
): Promise<Tracing | undefined> {
  if (settings === undefined) return undefined;
  const { startTracing } = await import('./open-telemetry.ts');
  return startTracing(settings);
}
