import { checkTls } from './check-tls.ts';

// Made by openssl for a hundred years: a root, an intermediate, and a certificate for registry.example.org.
const ROOT = `-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUZCUMm/ssC4vKRwuUmFdCFjXIDWwwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjYyMzI3MDdaGA8yMTI2MTEwMjIzMjcw
N1owDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOEe
tQJEL4g+bP6few3P8e9aPVbGQppPpt5W2/oLTHnMSDY1BMtzRU+QyMKqgcJkw99k
rbmSnhLN0H2zUmpEcJ2jUzBRMB0GA1UdDgQWBBRkNfikIWEyUkCokCn8q9nG+l2O
NjAfBgNVHSMEGDAWgBRkNfikIWEyUkCokCn8q9nG+l2ONjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0cAMEQCIC2VQWZV0KdHaJv15n+2XAxoHlhWko5pvok0
K3jRHL15AiAK3BlhIRbOszTX6nfKejEOaG1N+ezqJawQMRdjKv20gg==
-----END CERTIFICATE-----
`;
const INTERMEDIATE = `-----BEGIN CERTIFICATE-----
MIIBejCCASCgAwIBAgIUM8TN0JCVi7l1tjQUXYDnADnj7qowCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjYyMzI3MDdaGA8yMTI2MTEwMjIzMjcw
N1owFzEVMBMGA1UEAwwMaW50ZXJtZWRpYXRlMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAER2sS6CEcpT9edqq3IB1E7qwbN6p60mmPRW2cZ/GlBLIUgNX4+7/R/Ox7
Kneu3Dy1HBnJ898WXMYRvQb6vmHiuaNQME4wDAYDVR0TBAUwAwEB/zAdBgNVHQ4E
FgQUgxa2lfJm/7BxsNzGiTNmUuLwQO4wHwYDVR0jBBgwFoAUZDX4pCFhMlJAqJAp
/KvZxvpdjjYwCgYIKoZIzj0EAwIDSAAwRQIgAxD2feErkpP42vB2LeVsN4DrvcgJ
9qHHDvYZo8qqQ2sCIQCV9IuNQUkdZbcLl7YnXVo+UTUEIZeJb0VZOQvOdDQpmg==
-----END CERTIFICATE-----
`;
const LEAF = `-----BEGIN CERTIFICATE-----
MIIBkzCCATmgAwIBAgIUI2AJW8k5KMSKLqn7YCKhwrgmuDwwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMaW50ZXJtZWRpYXRlMCAXDTI2MTEyNjIzMjcwN1oYDzIxMjYx
MTAyMjMyNzA3WjAPMQ0wCwYDVQQDDARsZWFmMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAElK1gJKzkj7FYYGAs8RoTYVsJZROrNGE69fYxDdr4H1WAzYKUxy/cgIGZ
sHvVFf6UXvf5gQ95BTfder5U4vsJmaNpMGcwJQYDVR0RBB4wHIIUcmVnaXN0cnku
ZXhhbXBsZS5vcmeHBMAAAgEwHQYDVR0OBBYEFAuAXvjsmOzNR3W6ECDQz2WGTy0L
MB8GA1UdIwQYMBaAFIMWtpXyZv+wcbDcxokzZlLi8EDuMAoGCCqGSM49BAMCA0gA
MEUCIQDMq1/rYHEJxXuWJV4xsQUPDsNPd5XO4hClChZgfulyogIgA5Vav5gKGivg
ATTdKx2qg05Jx30oCMF1AX0qZpSg4y4=
-----END CERTIFICATE-----
`;
const CHAIN = LEAF + INTERMEDIATE;
const NOW = Date.UTC(2027, 0, 1);
const HOST = 'registry.example.org';

test.each([
  [CHAIN, HOST],
  [CHAIN + ROOT, HOST],
  [CHAIN, '192.0.2.1'],
  [CHAIN, undefined],
  [ROOT, undefined],
])('a whole chain for the name that clients come to is well', (pem, host) => {
  expect(checkTls(pem, host, NOW)).toMatchObject({
    ok: true,
    finding: expect.stringContaining('it is good until ') as string,
  });
});

test.each([
  ['nothing', '', HOST, NOW, 'SLIPWAY_TLS_CERT holds none'],
  ['an expired one', CHAIN, HOST, Date.UTC(2200, 0, 1), 'it expired on '],
  ['another name', CHAIN, 'elsewhere.example.org', NOW, 'it is for DNS:registry.example.org'],
  ['no issuer', LEAF, HOST, NOW, 'the file holds no certificate of its issuer'],
  [
    'a wrong order',
    LEAF + ROOT + INTERMEDIATE,
    HOST,
    NOW,
    'certificate 2 in the file did not sign',
  ],
])('%s is found', (_, pem, host, now, finding) => {
  const found = checkTls(pem, host, now);
  expect(found).toMatchObject({ ok: false, fix: expect.any(String) as string });
  expect(found.finding).toContain(finding);
});

test('one that expires within two weeks is found before', () => {
  const { finding } = checkTls(CHAIN, HOST, NOW);
  const end = Date.parse(finding.replace('it is good until ', ''));
  expect(checkTls(CHAIN, HOST, end - 13 * 86_400_000).finding).toContain('it expires on ');
  expect(checkTls(CHAIN, HOST, end - 15 * 86_400_000).ok).toBe(true);
});
