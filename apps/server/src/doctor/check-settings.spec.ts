import { parseSettings } from '../settings.ts';
import { checkSettings } from './check-settings.ts';

const found = (environment: Readonly<Record<string, string>>) =>
  checkSettings(parseSettings(environment));

test.each<[string, Readonly<Record<string, string>>]>([
  ['none', {}],
  ['HTTP on this machine', { SLIPWAY_PUBLIC_URL: 'http://localhost:5000' }],
  [
    'HTTPS of a proxy that is trusted',
    { SLIPWAY_PUBLIC_URL: 'https://r.example.org', SLIPWAY_TRUSTED_PROXIES: '10.0.0.0/8' },
  ],
  [
    'HTTPS of its own',
    {
      SLIPWAY_PUBLIC_URL: 'https://r.example.org',
      SLIPWAY_TLS_CERT: 'chain.pem',
      SLIPWAY_TLS_KEY: 'key.pem',
    },
  ],
])('%s is well', (_, environment) => {
  expect(found(environment)).toEqual([
    { check: 'settings', ok: true, finding: 'they are complete and fit together' },
  ]);
});

test.each<[string, Readonly<Record<string, string>>, string, string]>([
  [
    'a public URL without TLS',
    { SLIPWAY_PUBLIC_URL: 'http://r.example.org' },
    'in the clear',
    'SLIPWAY_TLS_CERT',
  ],
  [
    'a proxy that is not trusted',
    { SLIPWAY_PUBLIC_URL: 'https://r.example.org' },
    'take its address for everybody',
    'SLIPWAY_TRUSTED_PROXIES',
  ],
  [
    'hasty garbage collection',
    { SLIPWAY_GARBAGE_DELAY: '60' },
    'longer than 60 s',
    'SLIPWAY_GARBAGE_DELAY',
  ],
  [
    'sessions that never become idle',
    { SLIPWAY_SESSION_IDLE: '7200', SLIPWAY_SESSION_LIFETIME: '3600' },
    'after 3600 s',
    'SLIPWAY_SESSION_LIFETIME',
  ],
])('%s is found, with what to do', (_, environment, finding, fix) => {
  expect(found(environment)).toEqual([
    {
      check: 'settings',
      ok: false,
      finding: expect.stringContaining(finding) as string,
      fix: expect.stringContaining(fix) as string,
    },
  ]);
});
