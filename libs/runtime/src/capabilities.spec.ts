import { capabilitiesIn, capabilitiesOf, DEFAULT_CAPABILITIES } from './capabilities.ts';

const all = capabilitiesIn('000001ffffffffff');
const of = (add: readonly string[], drop: readonly string[], available = all) =>
  capabilitiesOf({ add, drop }, available);

test('bits of the kernel are capabilities by name', () => {
  expect(all).toHaveLength(41);
  expect(capabilitiesIn('0000000000200001')).toEqual(['CAP_CHOWN', 'CAP_SYS_ADMIN']);
  expect(capabilitiesIn('0000010000000000')).toEqual(['CAP_CHECKPOINT_RESTORE']);
});

test('what is added and dropped counts as with docker', () => {
  expect(of([], [])).toEqual(DEFAULT_CAPABILITIES);
  expect(of(['net_admin', 'CAP_CHOWN'], ['KILL', 'NET_RAW'])).toEqual([
    ...DEFAULT_CAPABILITIES.filter((each) => each !== 'CAP_KILL'),
    'CAP_NET_ADMIN',
  ]);
  expect(of([], ['all'])).toEqual([]);
  expect(of(['KILL'], ['ALL'])).toEqual(['CAP_KILL']);
  expect(of(['KILL'], ['KILL'])).toContain('CAP_KILL');
  expect(of(['ALL'], ['SYS_ADMIN'])).toEqual(all.filter((each) => each !== 'CAP_SYS_ADMIN'));
});

test('all is no more than the agent has, and what it has not it refuses', () => {
  const few = ['CAP_CHOWN', 'CAP_KILL'];
  expect(of(['ALL'], [], few)).toEqual(few);
  expect(() => of(['SYS_ADMIN'], [], few)).toThrow(/CAP_SYS_ADMIN cannot be given/);
  expect(() => of(['CAP_NONE'], [])).toThrow(/CAP_NONE is not a capability/);
  expect(() => of([], ['sys-admin'])).toThrow(/is not a capability/);
});
