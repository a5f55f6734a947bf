import { agentSettings } from './settings.ts';

describe('agentSettings', () => {
  it('has defaults, takes the environment, and the command line before that', () => {
    expect(agentSettings({}, {})).toEqual({
      root: '/var/lib/slipway',
      socket: '/run/slipway.sock',
    });
    const environment = { SLIPWAY_ROOT: '/a', SLIPWAY_RUNTIME: 'crun', SLIPWAY_SOCKET: '' };
    expect(agentSettings({ root: '/b' }, environment)).toEqual({
      root: '/b',
      socket: '/run/slipway.sock',
      runtime: 'crun',
    });
  });

  it("leaves the server's settings alone", () => {
    expect(agentSettings({}, { SLIPWAY_PORT: 'x' }).root).toBe('/var/lib/slipway');
  });

  it('names what is wrong', () => {
    expect(() => agentSettings({ root: 'here', runtime: 'rocket' }, {})).toThrow(
      /SLIPWAY_ROOT is not an absolute path\nSLIPWAY_RUNTIME /,
    );
  });
});
