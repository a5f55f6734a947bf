import { resolveSeccomp } from '@slipway/runtime';
import { profileOf, seccompFile } from './seccomp-file.ts';

const resolved = (document: unknown, capabilities: readonly string[] = []) =>
  resolveSeccomp(
    { architecture: 'amd64', kernel: '6.1', capabilities },
    profileOf(seccompFile.parse(document), 'amd64'),
  );

test('a profile of docker is read as it is meant', () => {
  const document = {
    defaultAction: 'SCMP_ACT_ALLOW',
    archMap: [
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
    ],
    syscalls: [
      { name: 'mkdir', action: 'SCMP_ACT_ERRNO', errnoRet: 13, args: null },
      {
        names: ['chmod'],
        action: 'SCMP_ACT_ERRNO',
        args: [{ index: 1, value: 7, op: 'SCMP_CMP_EQ' }],
        excludes: { caps: ['CAP_FOWNER'] },
      },
    ],
  };
  expect(resolved(document)).toEqual({
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      { names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
      {
        names: ['chmod'],
        action: 'SCMP_ACT_ERRNO',
        args: [{ index: 1, value: 7, op: 'SCMP_CMP_EQ' }],
      },
    ],
  });
  expect(resolved(document, ['CAP_FOWNER'])?.syscalls).toHaveLength(1);
});

test('what would go unheard is refused', () => {
  const profile = { defaultAction: 'SCMP_ACT_ALLOW' };
  expect(resolved(profile)).toEqual({ ...profile, architectures: [], syscalls: [] });
  for (const wrong of [
    {},
    { ...profile, listenerPath: '/x' },
    { ...profile, syscalls: [{ action: 'SCMP_ACT_ALLOW' }] },
    { ...profile, syscalls: [{ name: 'a', names: ['b'], action: 'SCMP_ACT_ALLOW' }] },
  ]) {
    expect(seccompFile.safeParse(wrong).success).toBe(false);
  }
});
