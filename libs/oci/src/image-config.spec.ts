import fc from 'fast-check';
import { type ImageConfig, parseImageConfig } from './image-config.ts';

type Json = Readonly<Record<string, unknown>>;

const DIFF_ID = `sha256:${'d'.repeat(64)}`;

const aConfig = (config: unknown = {}, more: Json = {}): Json => ({
  architecture: 'amd64',
  os: 'linux',
  config,
  rootfs: { type: 'layers', diff_ids: [DIFF_ID] },
  ...more,
});

const parse = (document: unknown) => parseImageConfig(Buffer.from(JSON.stringify(document)));

function configOf(document: unknown): ImageConfig {
  const result = parse(document);
  if ('config' in result) return result.config;
  throw new Error(result.problem);
}

const problemOf = (document: unknown) => {
  const result = parse(document);
  return 'problem' in result ? result.problem : undefined;
};

describe('parseImageConfig', () => {
  it('reads a config as Docker writes it', () => {
    const document = aConfig(
      {
        Hostname: '',
        AttachStdin: false,
        User: 'app:staff',
        ExposedPorts: { '8080/tcp': {} },
        Env: ['PATH=/bin', 'EMPTY='],
        Entrypoint: ['/entry'],
        Cmd: ['serve', '--fast'],
        Volumes: { '/data': {} },
        WorkingDir: '/srv',
        Labels: { maintainer: 'them' },
        StopSignal: 'SIGQUIT',
        Healthcheck: { Test: ['CMD', 'true'], Interval: 5_000_000_000, Retries: 2 },
        OnBuild: null,
      },
      {
        created: '2026-01-01T00:00:00Z',
        container: 'abc',
        docker_version: '20.10.24',
        history: [
          { created: '2026-01-01T00:00:00Z', created_by: 'ADD file', comment: 'first' },
          { created_by: 'CMD', empty_layer: true },
        ],
      },
    );
    expect(configOf(document)).toEqual({
      platform: { os: 'linux', architecture: 'amd64' },
      created: '2026-01-01T00:00:00Z',
      diffIds: [DIFF_ID],
      process: {
        entrypoint: ['/entry'],
        cmd: ['serve', '--fast'],
        env: ['PATH=/bin', 'EMPTY='],
        user: 'app:staff',
        workingDir: '/srv',
      },
      labels: { maintainer: 'them' },
      volumes: ['/data'],
      exposedPorts: ['8080/tcp'],
      stopSignal: 'SIGQUIT',
      healthcheck: { test: ['CMD', 'true'], interval: 5_000_000_000, retries: 2 },
      history: [
        {
          created: '2026-01-01T00:00:00Z',
          createdBy: 'ADD file',
          comment: 'first',
          emptyLayer: false,
        },
        { createdBy: 'CMD', emptyLayer: true },
      ],
    });
  });

  it.each([
    ['no config', aConfig(undefined)],
    ['null as Go writes it', aConfig(null, { history: null })],
    [
      'null lists',
      aConfig({ Env: null, Cmd: null, Entrypoint: null, Labels: null, Volumes: null }),
    ],
    ['nothing but empty text', aConfig({ User: '', WorkingDir: '', StopSignal: '' })],
  ])('reads %s as an image that says nothing', (_, document) => {
    expect(configOf(document)).toEqual({
      platform: { os: 'linux', architecture: 'amd64' },
      diffIds: [DIFF_ID],
      process: { entrypoint: [], cmd: [], env: [], user: '', workingDir: '' },
      labels: {},
      volumes: [],
      exposedPorts: [],
      history: [],
    });
  });

  it('names the platform in one spelling', () => {
    const arm = aConfig({}, { architecture: 'arm64', variant: 'v8' });
    expect(configOf(arm).platform).toEqual({ os: 'linux', architecture: 'arm64' });
  });

  it.each([
    ['no object', [], 'its document is not an object'],
    ['null', null, 'it is not a JSON object'],
    ['no system', aConfig({}, { os: undefined }), 'it has no os'],
    ['no architecture', aConfig({}, { architecture: '' }), 'it has no architecture'],
    ['no rootfs', aConfig({}, { rootfs: undefined }), 'it has no rootfs'],
    [
      'another kind of rootfs',
      aConfig({}, { rootfs: { type: 'tar', diff_ids: [] } }),
      'its rootfs.type is not "layers"',
    ],
    ['an Env that is text', aConfig({ Env: 'A=1' }), 'its config.Env is not a list of strings'],
    ['a number among arguments', aConfig({ Cmd: [1] }), 'its config.Cmd is not a list of strings'],
    ['a NUL in Env', aConfig({ Env: ['A=1\0B=2'] }), 'its config.Env[0] has a NUL in it'],
    ['a NUL in Cmd', aConfig({ Cmd: ['a', 'b\0'] }), 'its config.Cmd[1] has a NUL in it'],
    ['a user that is a number', aConfig({ User: 0 }), 'its config.User is not a string'],
    ['a list of labels', aConfig({ Labels: [] }), 'its config.Labels is not an object'],
    ['a key in another case', aConfig({ user: 'root' }), 'its key "user" is written "User"'],
    [
      'a rootfs in another case',
      aConfig({}, { rootfs: undefined, RootFS: {} }),
      'its key "RootFS" is written "rootfs"',
    ],
  ])('refuses %s', (_, document, problem) => {
    expect(problemOf(document)).toBe(problem);
  });

  it('refuses a diff ID that is no digest, and says which', () => {
    const document = aConfig({}, { rootfs: { type: 'layers', diff_ids: [DIFF_ID, 'sha256:1'] } });
    expect(problemOf(document)).toMatch(/^its rootfs.diff_ids\[1\] "sha256:1" is not a digest/);
  });

  it('refuses a key that stands twice', () => {
    const text = JSON.stringify(aConfig()).replace('"os":', '"OS":"windows","os":');
    expect(parseImageConfig(Buffer.from(text))).toEqual({
      problem: 'it has the key "os" twice in one object',
    });
  });

  it('answers any JSON without throwing, and what it takes has only strings where they belong', () => {
    const near = fc
      .record(
        {
          Env: fc.oneof(fc.array(fc.oneof(fc.string(), fc.integer())), fc.jsonValue()),
          Cmd: fc.jsonValue(),
          Entrypoint: fc.jsonValue(),
          User: fc.jsonValue(),
          Labels: fc.jsonValue(),
          Volumes: fc.jsonValue(),
          Healthcheck: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((config) => aConfig(config));
    fc.assert(
      fc.property(fc.oneof(near, fc.jsonValue()), (document) => {
        const result = parse(document);
        if ('problem' in result) return;
        const { entrypoint, cmd, env, user } = result.config.process;
        for (const word of [...entrypoint, ...cmd, ...env, user]) {
          expect(typeof word).toBe('string');
        }
        for (const word of [...entrypoint, ...cmd, ...env]) expect(word).not.toContain('\0');
      }),
      { numRuns: 1000 },
    );
  });
});
