import { z } from 'zod';

/** OpenTelemetry's own variables, as far as they decide what is traced; the exporter reads those about its connection. */
const schema = z.object({
  OTEL_SDK_DISABLED: z.stringbool().catch(false).default(false),
  OTEL_TRACES_EXPORTER: z.string().default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ error: 'is no URL' }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ error: 'is no URL' }).optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.string().default('http/json'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.string().optional(),
  OTEL_TRACES_SAMPLER: z
    .enum(
      [
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ],
      { error: 'names no sampler that is known here' },
    )
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'is no share' })
    .min(0, { error: 'is no share from 0 to 1' })
    .max(1, { error: 'is no share from 0 to 1' })
    .default(1),
  OTEL_BSP_SCHEDULE_DELAY: z.coerce
    .number({ error: 'is no number of milliseconds' })
    .int()
    .min(1)
    .default(5000),
});

/** How traces are taken and where they go. */
export interface TracingSettings {
  readonly url: string;
  /** The share of the traces that begin here. */
  readonly share: number;
  /** Whether a request that comes with a trace is traced if that is, whatever the share. */
  readonly followsParent: boolean;
  /** In milliseconds: how often spans are sent. */
  readonly delay: number;
}

/** What is wrong with the variables, a line for each. */
export class TracingSettingsError extends Error {
  override readonly name = 'TracingSettingsError';
}

/** `undefined` where nothing is to be traced: without an endpoint, or when that is said. */
export function tracingSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TracingSettings | undefined {
  const given = Object.entries(environment).filter(
    ([name, value]) => Object.hasOwn(schema.shape, name) && value !== '',
  );
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    throw new TracingSettingsError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'),
    );
  }
  const env = parsed.data;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '');
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base}/v1/traces`);
  if (url === undefined || env.OTEL_SDK_DISABLED || env.OTEL_TRACES_EXPORTER !== 'otlp') {
    return undefined;
  }
  if ((env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL) === 'grpc') {
    throw new TracingSettingsError(
      'OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which is not spoken here; set it to http/json, with the port for that (4318)',
    );
  }
  const sampler = env.OTEL_TRACES_SAMPLER.replace('parentbased_', '');
  return {
    url,
    share: { always_on: 1, always_off: 0 }[sampler] ?? env.OTEL_TRACES_SAMPLER_ARG,
    followsParent: sampler !== env.OTEL_TRACES_SAMPLER,
    delay: env.OTEL_BSP_SCHEDULE_DELAY,
  };
}
