import fc from 'fast-check';
import { parseSettings, settingRows, SettingsError } from './settings.ts';

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseSettings(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message.split('\n');
  }
}

describe('parseSettings', () => {
  it('has a default for everything that a first start needs', () => {
    expect(parseSettings({})).toEqual({
      SLIPWAY_HOST: '127.0.0.1',
      SLIPWAY_PORT: 5000,
      SLIPWAY_DATA_DIR: './data',
      SLIPWAY_DATABASE_POOLING: 'session',
      SLIPWAY_DATABASE_CONNECTIONS: 20,
      SLIPWAY_MIGRATE: 'on',
      SLIPWAY_ADMIN_USERNAME: 'admin',
      SLIPWAY_CREATE_ORGANISATIONS: 'administrators',
      SLIPWAY_LOG_LEVEL: 'info',
      SLIPWAY_LOG_FORMAT: 'auto',
      SLIPWAY_SPARSE_MANIFESTS: 'index',
      SLIPWAY_MANIFEST_LIMIT: 8 * 1024 * 1024,
      SLIPWAY_TOKEN_LIFETIME: 300,
      SLIPWAY_KEY_ROTATION: 30,
      SLIPWAY_TOKEN_RATE: 6000,
      SLIPWAY_ANONYMOUS_TOKEN_RATE: 1200,
      SLIPWAY_PULL_RATE: 0,
      SLIPWAY_ANONYMOUS_PULL_RATE: 1200,
      SLIPWAY_SESSION_IDLE: 43_200,
      SLIPWAY_SESSION_LIFETIME: 604_800,
      SLIPWAY_WORKLOAD_ISSUERS: [],
      SLIPWAY_OIDC_NAME: 'single sign-on',
      SLIPWAY_OIDC_SCOPES: 'openid profile email',
      SLIPWAY_OIDC_USERNAME_CLAIM: 'preferred_username',
      SLIPWAY_OIDC_GROUPS_CLAIM: 'groups',
      SLIPWAY_OIDC_CREATE_ACCOUNTS: 'on',
      SLIPWAY_LDAP_STARTTLS: 'off',
      SLIPWAY_LDAP_USER_FILTER: '(objectClass=person)',
      SLIPWAY_LDAP_USERNAME_ATTRIBUTE: 'uid',
      SLIPWAY_UPLOAD_EXPIRY: 86_400,
      SLIPWAY_GARBAGE_DELAY: 86_400,
      SLIPWAY_TRASH_DAYS: 7,
      SLIPWAY_RETENTION_INTERVAL: 3600,
      SLIPWAY_GARBAGE_INTERVAL: 60,
      SLIPWAY_IDLE_TIMEOUT: 120,
      SLIPWAY_STOP_DELAY: 0,
      SLIPWAY_STOP_TIMEOUT: 10,
      SLIPWAY_STORAGE: 'disk',
      SLIPWAY_S3_REGION: 'us-east-1',
      SLIPWAY_S3_ADDRESSING: 'auto',
      SLIPWAY_S3_ENCRYPTION: 'none',
      SLIPWAY_S3_REDIRECT: 'off',
      SLIPWAY_S3_REDIRECT_EXPIRY: 3600,
    });
  });

  it('reads what is set, and numbers as numbers', () => {
    const settings = parseSettings({
      SLIPWAY_HOST: '::',
      SLIPWAY_PORT: '0',
      SLIPWAY_PUBLIC_URL: 'https://registry.example.org',
      SLIPWAY_DATABASE_URL: 'postgresql://slipway:secret@db/slipway',
      SLIPWAY_TLS_CERT: 'cert.pem',
      SLIPWAY_TLS_KEY: 'key.pem',
    });
    expect(settings).toMatchObject({
      SLIPWAY_HOST: '::',
      SLIPWAY_PORT: 0,
      SLIPWAY_PUBLIC_URL: 'https://registry.example.org',
      SLIPWAY_DATABASE_URL: ['postgresql://slipway:secret@db/slipway'],
    });
  });

  it('wants a client of a provider to be whole', () => {
    const part = { SLIPWAY_OIDC_ISSUER: 'https://login.example.org/realms/acme' };
    const client = { ...part, SLIPWAY_OIDC_CLIENT_ID: 'slipway' };
    const [secret, file] = [
      { SLIPWAY_OIDC_CLIENT_SECRET: 'secret' },
      { SLIPWAY_OIDC_CLIENT_SECRET_FILE: '/run/secrets/oidc' },
    ];
    for (const whole of [
      { ...client, ...secret },
      { ...client, ...file },
    ]) {
      expect(faultsOf(whole)).toEqual([]);
    }
    for (const wrong of [part, client, { ...part, ...secret }, { ...client, ...secret, ...file }]) {
      expect(faultsOf(wrong)).toEqual([expect.stringMatching(/^SLIPWAY_OIDC_ISSUER needs/)]);
    }
    expect(
      faultsOf({ ...client, ...secret, SLIPWAY_OIDC_ISSUER: 'http://login.example.org' }),
    ).toEqual(['SLIPWAY_OIDC_ISSUER is not an https:// URL (http:// only for this machine)']);
  });

  it('wants a directory to be found, and passwords never to be sent to it in the clear', () => {
    const found = { SLIPWAY_LDAP_BASE_DN: 'dc=example,dc=org' };
    const at = (SLIPWAY_LDAP_URL: string) => ({ ...found, SLIPWAY_LDAP_URL });
    for (const right of [
      at('ldaps://ldap.example.org'),
      at('ldap://127.0.0.1:389'),
      at('ldap://localhost'),
      { ...at('ldap://ldap.example.org'), SLIPWAY_LDAP_STARTTLS: 'on' },
    ]) {
      expect(faultsOf(right)).toEqual([]);
    }
    expect(faultsOf(at('ldap://ldap.example.org'))).toEqual([
      'SLIPWAY_LDAP_URL would send passwords in the clear; use ldaps:// or set SLIPWAY_LDAP_STARTTLS=on',
    ]);
    expect(faultsOf({ SLIPWAY_LDAP_URL: 'ldaps://ldap.example.org' })).toEqual([
      'SLIPWAY_LDAP_URL needs SLIPWAY_LDAP_BASE_DN',
    ]);
    expect(faultsOf({ SLIPWAY_LDAP_BIND_DN: 'cn=slipway' })).toEqual([
      expect.stringMatching(/^SLIPWAY_LDAP_BIND_DN goes together with/),
    ]);
  });

  it('reads a list of issuers, of which each is safe to ask', () => {
    const SLIPWAY_WORKLOAD_ISSUERS = ' https://a.example.org/x, http://127.0.0.1:80  http://[::1] ';
    expect(parseSettings({ SLIPWAY_WORKLOAD_ISSUERS })).toMatchObject({
      SLIPWAY_WORKLOAD_ISSUERS: ['https://a.example.org/x', 'http://127.0.0.1:80', 'http://[::1]'],
    });
    for (const unsafe of [
      'http://a.example.org',
      'http://10.0.0.1',
      'http://127.0.0.1.example.org',
      'https://user@a.example.org',
      'https://a.example.org?b',
      'ftp://a.example.org',
      'a.example.org',
    ]) {
      expect(faultsOf({ SLIPWAY_WORKLOAD_ISSUERS: `https://a.example.org ${unsafe}` })).toEqual([
        expect.stringMatching(/^SLIPWAY_WORKLOAD_ISSUERS is not a list of https/),
      ]);
    }
  });

  it('takes an empty variable for one that is not set', () => {
    expect(
      parseSettings({ SLIPWAY_PORT: '', SLIPWAY_PUBLIC_URL: '', SLIPWAY_TLS_KEY: '' }),
    ).toEqual(parseSettings({}));
  });

  it('leaves variables of others alone', () => {
    expect(parseSettings({ PATH: '/bin', slipway_port: 'x', PORT: 'x' })).toEqual(
      parseSettings({}),
    );
  });

  it('is frozen', () => {
    expect(Object.isFrozen(parseSettings({}))).toBe(true);
  });

  it('names every fault at once, each on one line', () => {
    expect(
      faultsOf({
        SLIPWAY_PORT: 'five thousand',
        SLIPWAY_PROT: '5000',
        SLIPWAY_LOG_LEVEL: 'loud',
        SLIPWAY_PUBLIC_URL: 'registry.example.org',
        SLIPWAY_DATABASE_URL: 'mysql://db',
        SLIPWAY_ADMIN_USERNAME: 'The Admin',
        SLIPWAY_ADMIN_PASSWORD: 'short',
        SLIPWAY_TOKEN_LIFETIME: '0',
        SLIPWAY_TLS_CERT: 'cert.pem',
      }),
    ).toEqual([
      'SLIPWAY_PROT is not a setting; did you mean SLIPWAY_PORT?',
      'SLIPWAY_PORT is invalid: expected number, received NaN',
      'SLIPWAY_PUBLIC_URL is not an http:// or https:// URL',
      'SLIPWAY_DATABASE_URL is not a postgres:// URL',
      'SLIPWAY_ADMIN_USERNAME is not lower-case letters and digits, joined by ".", "_" or "-"',
      'SLIPWAY_ADMIN_PASSWORD is shorter than 8 characters',
      'SLIPWAY_LOG_LEVEL is none of its values: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"trace"|"silent"',
      'SLIPWAY_TOKEN_LIFETIME is too small: expected number to be >=60',
      'SLIPWAY_TLS_CERT and SLIPWAY_TLS_KEY go together: set both or neither',
    ]);
  });

  it.each([
    ['SLIPWAY_PORTS', 'SLIPWAY_PORT'],
    ['SLIPWAY_TLS_KEYS', 'SLIPWAY_TLS_KEY'],
    ['SLIPWAY_DATA_DIRECTORY', undefined],
    ['SLIPWAY_DATADIR', 'SLIPWAY_DATA_DIR'],
    ['SLIPWAY_HOSTS', 'SLIPWAY_HOST'],
    ['SLIPWAY_', undefined],
    ['SLIPWAY_toString', undefined],
  ])('suggests for %s the nearest setting: %s', (name, near) => {
    const suggestion = near === undefined ? '' : `; did you mean ${near}?`;
    expect(faultsOf({ [name]: 'x' })).toEqual([`${name} is not a setting${suggestion}`]);
  });

  it.each([
    ['https://registry.example.org', 'https://registry.example.org'],
    ['https://registry.example.org/', 'https://registry.example.org'],
    ['https://Registry.Example.org', 'https://registry.example.org'],
    ['https://registry.example.org:443', 'https://registry.example.org'],
    ['http://10.0.0.7:5000', 'http://10.0.0.7:5000'],
    ['http://[::1]:5000', 'http://[::1]:5000'],
  ])('reads the public URL %s as %s', (given, origin) => {
    expect(parseSettings({ SLIPWAY_PUBLIC_URL: given }).SLIPWAY_PUBLIC_URL).toBe(origin);
  });

  it.each([
    'https://example.org/registry',
    'https://example.org/?a',
    'https://user@example.org',
    'https://example.org/#a',
    'ftp://example.org/',
    'example.org:5000',
    'https://',
  ])('refuses the public URL %s', (given) => {
    expect(faultsOf({ SLIPWAY_PUBLIC_URL: given })).toEqual([
      expect.stringMatching(/^SLIPWAY_PUBLIC_URL (?:is not an http|has a path)/),
    ]);
  });

  it('reads the proxies that are trusted', () => {
    const given = '10.0.0.0/8, 192.0.2.1  2001:db8::/32,::1';
    const read = ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'];
    expect(parseSettings({ SLIPWAY_TRUSTED_PROXIES: given }).SLIPWAY_TRUSTED_PROXIES).toEqual(read);
  });

  it.each([
    'true',
    '*',
    'proxy.internal',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.1/',
    '10/8',
    ',',
    '1.2.3.4/8/8',
  ])('refuses %s as proxies to trust', (given) => {
    expect(faultsOf({ SLIPWAY_TRUSTED_PROXIES: given })).toEqual([
      expect.stringMatching(/^SLIPWAY_TRUSTED_PROXIES is not a list of addresses/),
    ]);
  });

  it.each(['-1', '65536', '1.5', 'NaN', 'Infinity', '5000x'])('refuses the port %s', (port) => {
    expect(faultsOf({ SLIPWAY_PORT: port })).toEqual([expect.stringMatching(/^SLIPWAY_PORT is /)]);
  });

  it('refuses times that a timer or the database cannot count', () => {
    for (const name of ['GARBAGE_INTERVAL', 'IDLE_TIMEOUT', 'STOP_TIMEOUT']) {
      expect(faultsOf({ [`SLIPWAY_${name}`]: String(2 ** 31 / 1000 + 1) })).toHaveLength(1);
    }
    for (const name of ['GARBAGE_DELAY', 'UPLOAD_EXPIRY', 'TOKEN_LIFETIME']) {
      expect(faultsOf({ [`SLIPWAY_${name}`]: '1000000000000' })).toHaveLength(1);
    }
  });

  it('throws nothing but a SettingsError, whatever the environment', () => {
    const name = fc.oneof(
      fc.constantFrom(...settingRows().map((row) => row.name)),
      fc.string().map((text) => `SLIPWAY_${text}`),
    );
    fc.assert(
      fc.property(fc.dictionary(name, fc.string(), { maxKeys: 5 }), (environment) => {
        faultsOf(environment);
      }),
    );
  });
});

test('settingRows tell of every setting what it means and what it is when it is not set', () => {
  const rows = settingRows();
  expect(rows.every(({ meaning }) => meaning.endsWith('.'))).toBe(true);
  expect(rows.find(({ name }) => name === 'SLIPWAY_PORT')?.fallback).toBe('5000');
  expect(rows.find(({ name }) => name === 'SLIPWAY_PUBLIC_URL')?.fallback).toBe('');
});
