import fc from 'fast-check';
import {
  addressAt,
  contains,
  formatAddress,
  formatSubnet,
  overlap,
  parseAddress,
  parseSubnet,
  sizeOf,
  type Subnet,
} from './address.ts';

const subnetOf = (text: string): Subnet => {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new Error(text);
  return subnet;
};

const written = (text: string) => {
  const address = parseAddress(text);
  return address && formatAddress(address);
};

describe('addresses', () => {
  it('are read and written in one way', () => {
    expect(['10.0.0.1', '255.255.255.255', '::', '::1', 'FD00:0:0::0:1'].map(written)).toEqual([
      ...['10.0.0.1', '255.255.255.255', '::', '::1', 'fd00::1'],
    ]);
    expect(['::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', '1::8'].map(written)).toEqual([
      ...['::ffff:102:304', '1:2:3:4:5:6:7:8', '1::8'],
    ]);
    for (const text of ['', '1.2.3', '1.2.3.256', '01.2.3.4', 'fe80::1%eth0', 'x', '1.2.3.4/8']) {
      expect(parseAddress(text)).toBeUndefined();
    }
  });

  it('come back as they were, whatever they are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = parseAddress(text);
        expect(address && parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });
});

describe('subnets', () => {
  it('begin where their prefix says', () => {
    expect(formatSubnet(subnetOf('10.1.2.3/16'))).toBe('10.1.0.0/16');
    expect(formatSubnet(subnetOf('fd12:3456::9/64'))).toBe('fd12:3456::/64');
    expect(formatSubnet(subnetOf('0.0.0.0/0'))).toBe('0.0.0.0/0');
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', 'fd00::/129']) {
      expect(parseSubnet(text)).toBeUndefined();
    }
  });

  it('hold every address from the first to the last, and no other', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (text, prefix) => {
        const subnet = subnetOf(`${text}/${prefix}`);
        const size = sizeOf(subnet);
        expect(contains(subnet, addressAt(subnet, 0n))).toBe(true);
        expect(contains(subnet, addressAt(subnet, size - 1n))).toBe(true);
        expect(contains(subnet, addressAt(subnet, size))).toBe(false);
        expect(contains(subnet, addressAt(subnet, -1n))).toBe(false);
      }),
    );
  });

  it('overlap when one is in the other', () => {
    const cases = [
      ['10.0.0.0/8', '10.77.0.0/24', true],
      ['10.77.0.0/24', '10.77.1.0/24', false],
      ['0.0.0.0/0', '1.2.3.4/32', true],
      ['fd00::/8', 'fd12::/64', true],
      ['::/0', '10.0.0.0/8', false],
    ] as const;
    for (const [one, other, expected] of cases) {
      expect(overlap(subnetOf(one), subnetOf(other))).toBe(expected);
      expect(overlap(subnetOf(other), subnetOf(one))).toBe(expected);
    }
  });
});
