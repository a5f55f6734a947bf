import { allowedAddresses } from './allowed-addresses.ts';

describe('webhooks are sent', () => {
  const isAllowed = allowedAddresses([]);

  it.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:8.8.8.8'])(
    'to %s, which is public',
    (address) => expect(isAllowed(address)).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.1.2.3', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255'],
    ...['192.168.1.1', '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255'],
    ...['::1', '::', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::7f00:1', 'fe80::1'],
    ...['fd00::1', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', 'localhost', ''],
  ])('not to %s', (address) => expect(isAllowed(address)).toBe(false));

  it('to what the settings name, and no further', () => {
    const some = allowedAddresses(['10.1.0.0/16', '127.0.0.1', 'fd00:1::/32']);
    for (const address of ['10.1.2.3', '127.0.0.1', 'fd00:1::5', '::ffff:10.1.2.3']) {
      expect(some(address)).toBe(true);
    }
    for (const address of ['10.2.0.1', '127.0.0.2', 'fd00:2::5']) {
      expect(some(address)).toBe(false);
    }
  });
});
