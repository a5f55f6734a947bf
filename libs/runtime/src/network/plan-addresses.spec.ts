import fc from 'fast-check';
import {
  contains,
  formatSubnet,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
} from './address.ts';
import {
  freeAddress,
  freeSubnet,
  hardwareAddressOf,
  isHostAddress,
  uniqueLocalSubnet,
} from './plan-addresses.ts';

const subnetOf = (text: string): Subnet => {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new Error(text);
  return subnet;
};

describe('freeSubnet', () => {
  it('is beside what the host has routes to', () => {
    const chosen = (...taken: readonly string[]) => {
      const subnet = freeSubnet(taken.map(subnetOf));
      return subnet && formatSubnet(subnet);
    };
    expect(chosen()).toBe('10.77.0.0/22');
    expect(chosen('10.77.0.0/22', '10.77.5.0/24')).toBe('10.77.8.0/22');
    expect(chosen('10.0.0.0/8')).toBe('172.30.0.0/22');
    expect(chosen('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')).toBeUndefined();
    expect(chosen('fd00::/8')).toBe('10.77.0.0/22');
  });

  it('never overlaps one that is taken', () => {
    const subnet = fc
      .tuple(
        fc.constantFrom('10.77', '172.30', '192.168'),
        fc.nat(255),
        fc.integer({ min: 14, max: 32 }),
      )
      .map(([start, third, prefix]) => subnetOf(`${start}.${third}.0/${prefix}`));
    fc.assert(
      fc.property(fc.array(subnet), (taken) => {
        const free = freeSubnet(taken);
        expect(free === undefined || !taken.some((each) => overlap(free, each))).toBe(true);
      }),
    );
  });
});

describe('freeAddress', () => {
  it('is the first that nobody has, and never that of the subnet or of all', () => {
    const subnet = subnetOf('10.0.0.0/29');
    const taken = new Set<string>();
    const given: (string | undefined)[] = [];
    for (let n = 0; n < 7; n++) {
      const address = freeAddress(subnet, taken);
      given.push(address);
      if (address !== undefined) taken.add(address);
    }
    expect(given).toEqual([...[1, 2, 3, 4, 5, 6].map((n) => `10.0.0.${n}`), undefined]);
    taken.delete('10.0.0.3');
    expect(freeAddress(subnet, taken)).toBe('10.0.0.3');
    expect(freeAddress(subnetOf('fd00::/64'), new Set(['fd00::1']))).toBe('fd00::2');
  });

  it('agrees with what a container may have', () => {
    const subnet = subnetOf('10.0.0.0/30');
    expect(
      ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', 'fd00::1', 'x'].map((text) =>
        isHostAddress(subnet, text),
      ),
    ).toEqual([false, true, true, false, false, false, false]);
  });
});

test('a unique local subnet begins with fd, and is as random as its bytes', () => {
  expect(formatSubnet(uniqueLocalSubnet(Uint8Array.of(1, 2, 3, 4, 5)))).toBe('fd01:203:405::/64');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5, maxLength: 5 }), (random) => {
      expect(contains(subnetOf('fd00::/8'), uniqueLocalSubnet(random).first)).toBe(true);
    }),
  );
});

test('a hardware address is of no maker, for one station, and follows from the address', () => {
  expect(hardwareAddressOf('10.77.0.255')).toBe('02:42:0a:4d:00:ff');
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const last = hardwareAddressOf(text)
        .split(':')
        .slice(2)
        .map((byte) => Number.parseInt(byte, 16));
      expect(parseAddress(last.join('.'))).toEqual(parseAddress(text));
    }),
  );
});
