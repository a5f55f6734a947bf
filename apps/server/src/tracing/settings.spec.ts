import { tracingSettings } from './settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };

test.each<[string, Readonly<Record<string, string>>]>([
  ['no endpoint', {}],
  ['an empty one', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['all disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  ['another exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('with %s nothing is traced', (_, environment) => {
  expect(tracingSettings(environment)).toBeUndefined();
});

test('an endpoint is enough', () => {
  expect(tracingSettings({ ...ENDPOINT, OTHER: 'x' })).toEqual({
    url: 'http://collector:4318/v1/traces',
    share: 1,
    followsParent: true,
    delay: 5000,
  });
});

test.each<[string, Readonly<Record<string, string>>, object]>([
  [
    'an endpoint for traces alone',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/t' },
    { url: 'https://c/t' },
  ],
  [
    'a share',
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
    { share: 0.1, followsParent: false },
  ],
  [
    'a share of those that begin here',
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    { share: 0, followsParent: true },
  ],
  ['none', { OTEL_TRACES_SAMPLER: 'always_off' }, { share: 0, followsParent: false }],
])('%s is taken', (_, environment, expected) => {
  expect(tracingSettings({ ...ENDPOINT, ...environment })).toMatchObject(expected);
});

test.each<[Readonly<Record<string, string>>, string]>([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, 'OTEL_EXPORTER_OTLP_ENDPOINT is no URL'],
  [
    { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    'OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which is not spoken here',
  ],
  [{ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER names no sampler'],
  [{ ...ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG is no share'],
])('%j is refused, by name', (environment, message) => {
  expect(() => tracingSettings(environment)).toThrow(message);
});
