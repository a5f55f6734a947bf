import { parseSettings, SettingsError } from './settings.ts';
import { mayRedirect } from './storage.ts';

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseSettings(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message.split('\n');
  }
}

const s3 = { SLIPWAY_STORAGE: 's3', SLIPWAY_S3_BUCKET: 'blobs' };

describe('the settings of S3', () => {
  it('need a bucket and nothing else', () => {
    expect(faultsOf(s3)).toEqual([]);
    expect(faultsOf({ SLIPWAY_STORAGE: 's3' })).toEqual([
      'SLIPWAY_S3_BUCKET is missing, though SLIPWAY_STORAGE is s3',
    ]);
  });

  it('are refused where blobs are kept on a disk: somebody expects otherwise', () => {
    expect(faultsOf({ SLIPWAY_S3_BUCKET: 'blobs', SLIPWAY_S3_REDIRECT: 'on' })).toEqual([
      'SLIPWAY_S3_BUCKET means nothing without SLIPWAY_STORAGE=s3',
      'SLIPWAY_S3_REDIRECT means nothing without SLIPWAY_STORAGE=s3',
    ]);
  });

  it.each([
    [{ SLIPWAY_S3_ACCESS_KEY_ID: 'key' }, /^SLIPWAY_S3_ACCESS_KEY_ID and .* go together/],
    [{ SLIPWAY_S3_SECRET_ACCESS_KEY: 'x' }, /^SLIPWAY_S3_ACCESS_KEY_ID and .* go together/],
    [{ SLIPWAY_S3_ENDPOINT: 's3.example.org' }, /^SLIPWAY_S3_ENDPOINT is not an http/],
    [{ SLIPWAY_S3_ENDPOINT: 'https://s3.example.org/bucket' }, /^SLIPWAY_S3_ENDPOINT has a path/],
    [{ SLIPWAY_S3_PREFIX: '/blobs' }, /^SLIPWAY_S3_PREFIX is not names/],
    [{ SLIPWAY_S3_REDIRECT_EXPIRY: '604801' }, /^SLIPWAY_S3_REDIRECT_EXPIRY is too big/],
    [{ SLIPWAY_S3_KMS_KEY: 'key' }, /^SLIPWAY_S3_KMS_KEY means nothing without/],
    [{ SLIPWAY_S3_PROXIED_NETWORKS: '10.0.0.1' }, /^SLIPWAY_S3_PROXIED_NETWORKS is not networks/],
    [{ SLIPWAY_S3_PROXIED_NETWORKS: '10.0.0.0/33' }, /^SLIPWAY_S3_PROXIED_NETWORKS is not/],
    [{ SLIPWAY_S3_PROXIED_NETWORKS: 'a/8,fd00::/8' }, /^SLIPWAY_S3_PROXIED_NETWORKS is not/],
  ])('say what is wrong with %j', (more, fault) => {
    expect(faultsOf({ ...s3, ...more })).toEqual([expect.stringMatching(fault)]);
  });

  it.each(['team', 'team/', 'team/registry', 'team/registry/'])('take the prefix %j', (prefix) => {
    expect(parseSettings({ ...s3, SLIPWAY_S3_PREFIX: prefix }).SLIPWAY_S3_PREFIX).toBe(
      `${prefix.replace(/\/$/, '')}/`,
    );
  });
});

describe('a client', () => {
  const to = (environment: Readonly<Record<string, string>>) => (address: string) =>
    mayRedirect(parseSettings(environment))(address);

  it('is redirected nowhere unless it was asked for', () => {
    expect(to({})('10.0.0.1')).toBe(false);
    expect(to(s3)('10.0.0.1')).toBe(false);
    expect(to({ ...s3, SLIPWAY_S3_REDIRECT: 'on' })('10.0.0.1')).toBe(true);
  });

  it('is not redirected from a network that is proxied, however its address is written', () => {
    const redirects = to({
      ...s3,
      SLIPWAY_S3_REDIRECT: 'on',
      SLIPWAY_S3_PROXIED_NETWORKS: '10.0.0.0/8, fd00::/8',
    });
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1']) {
      expect(redirects(address)).toBe(false);
    }
    for (const address of ['11.1.2.3', '::ffff:11.1.2.3', 'fe80::1']) {
      expect(redirects(address)).toBe(true);
    }
  });
});
