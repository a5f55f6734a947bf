import { dockerUserLines } from './docker-user.ts';

const network = {
  ...{ bridge: 'slipway0', subnet: '10.77.0.0/22', gateway: '10.77.0.1', internal: false },
};
const ours = [
  '-N DOCKER-USER',
  '-A DOCKER-USER -i slipway0 -o docker0 -m comment --comment slipway -j RETURN',
  '-A DOCKER-USER -i slipway0 -o br-+ -m comment --comment slipway -j RETURN',
  '-A DOCKER-USER -i slipway0 -m comment --comment slipway -j ACCEPT',
  '-A DOCKER-USER -o slipway0 -m comment --comment slipway -j ACCEPT',
  '-A DOCKER-USER -j RETURN',
];

describe("Docker's chain for others", () => {
  it('lets us through before anything else in it, and leaves its own bridges to Docker', () => {
    const lines = dockerUserLines(
      'slipway',
      [network],
      '-N DOCKER-USER\n-A DOCKER-USER -j RETURN\n',
    );
    expect(lines.map((line) => line.join(' '))).toEqual([
      '-I DOCKER-USER -o slipway0 -m comment --comment slipway -j ACCEPT',
      '-I DOCKER-USER -i slipway0 -m comment --comment slipway -j ACCEPT',
      '-I DOCKER-USER -i slipway0 -o br-+ -m comment --comment slipway -j RETURN',
      '-I DOCKER-USER -i slipway0 -o docker0 -m comment --comment slipway -j RETURN',
    ]);
  });

  it('is left alone when it does, and cleared of ours when nothing is left to let through', () => {
    expect(dockerUserLines('slipway', [network], ours.join('\n'))).toEqual([]);
    const cleared = dockerUserLines('slipway', [], ours.join('\n'));
    expect(cleared.map(([word]) => word)).toEqual(['-D', '-D', '-D', '-D']);
    expect(dockerUserLines('slipway_ab123', [], ours.join('\n'))).toEqual([]);
  });
});
