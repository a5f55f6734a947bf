import fc from 'fast-check';
import type { Descriptor } from './descriptor.ts';
import { parseDigest } from './digest.ts';
import { chooseManifest, normalPlatform, parsePlatform, platformText } from './platform.ts';

const digest = (n: number) => {
  const parsed = parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`);
  if (parsed === undefined) throw new Error('no digest');
  return parsed;
};

/** An index, one manifest for each platform; `-` is a manifest that names none. */
const anIndex = (...platforms: readonly string[]): readonly Descriptor[] =>
  platforms.map((text, n) => {
    const [os = '', architecture = '', variant] = text.split('/');
    const platform = { os, architecture, ...(variant !== undefined && { variant }) };
    return {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digest(n),
      size: 1,
      ...(text !== '-' && { platform }),
    };
  });

const chosen = (wanted: string, ...platforms: readonly string[]): string | undefined => {
  const platform = parsePlatform(wanted);
  if (platform === undefined) throw new Error(`${wanted} is no platform`);
  const found = chooseManifest(anIndex(...platforms), platform);
  return found && platforms[Number.parseInt(found.digest.slice(-8), 16)];
};

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/x86_64', 'linux/amd64'],
    ['Linux/AMD64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm', 'linux/arm'],
    ['linux/arm/v7', 'linux/arm'],
    ['linux/armhf', 'linux/arm'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/i686', 'linux/386'],
    ['linux/riscv64', 'linux/riscv64'],
  ])('reads %s as %s', (text, normal) => {
    const platform = parsePlatform(text);
    expect(platform && platformText(platform)).toBe(normal);
  });

  it.each(['', 'linux', 'linux/', '/amd64', 'linux/amd64/', 'a/b/c/d', 'linux/am d64', '../x'])(
    'refuses %j',
    (text) => expect(parsePlatform(text)).toBeUndefined(),
  );

  it('reads what it writes, for every text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9_/.-]{0,20}$/), (text) => {
        const platform = parsePlatform(text);
        if (platform === undefined) return;
        expect(parsePlatform(platformText(platform))).toEqual(platform);
        expect(normalPlatform(platform)).toEqual(platform);
      }),
    );
  });

  it('knows nothing that every object has', () => {
    expect(parsePlatform('linux/constructor')).toEqual({
      os: 'linux',
      architecture: 'constructor',
    });
  });
});

describe('chooseManifest', () => {
  it('takes the manifest of the platform, however that is spelt', () => {
    expect(chosen('linux/amd64', 'linux/arm64', 'linux/x86_64')).toBe('linux/x86_64');
    expect(chosen('linux/arm64', 'linux/arm64/v8', 'linux/amd64')).toBe('linux/arm64/v8');
  });

  it('takes the newest variant that the host runs, and none that is newer than the host', () => {
    const arms = ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm64'];
    expect(chosen('linux/arm/v7', ...arms)).toBe('linux/arm/v7');
    expect(chosen('linux/arm/v6', ...arms)).toBe('linux/arm/v6');
    expect(chosen('linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6')).toBe('linux/arm/v6');
    expect(chosen('linux/arm/v6', 'linux/arm/v7')).toBeUndefined();
    expect(chosen('linux/amd64', 'linux/amd64/v3')).toBeUndefined();
    expect(chosen('linux/amd64/v3', 'linux/amd64', 'linux/amd64/v2')).toBe('linux/amd64/v2');
  });

  it('takes the first of two equals', () => {
    const index = anIndex('linux/amd64', 'linux/amd64');
    expect(chooseManifest(index, { os: 'linux', architecture: 'amd64' })).toBe(index[0]);
  });

  it('never takes an attestation, or a manifest that names no platform', () => {
    expect(chosen('linux/amd64', 'unknown/unknown', '-')).toBeUndefined();
    expect(chosen('linux/amd64', '-', 'unknown/unknown', 'linux/amd64')).toBe('linux/amd64');
  });

  it('takes nothing for another system', () => {
    expect(chosen('linux/amd64', 'windows/amd64', 'linux/arm64')).toBeUndefined();
  });
});
