import { readFileSync } from 'node:fs';
import { Refusal } from './refusal.mjs';

const SYSTEMS = { darwin: 'macOS', win32: 'Windows', freebsd: 'FreeBSD', openbsd: 'OpenBSD' };

/** Refuses a machine for which the dependencies hold no Node and no Postgres, and names it. */
export function refuseForeignMachine() {
  const machine = foreignMachine();
  if (machine === undefined) return;
  throw new Refusal(
    `Slipway runs on Linux with glibc, on x64 or arm64; this is ${machine}.\n` +
      'A virtual machine or a container with Debian, Ubuntu or Fedora will do.',
  );
}

function foreignMachine() {
  const { platform, arch } = process;
  if (platform !== 'linux') return `${SYSTEMS[platform] ?? platform} on ${arch}`;
  if (arch !== 'x64' && arch !== 'arm64') return `Linux on ${arch}`;
  if (usesMusl()) return `Linux on ${arch} with musl (Alpine)`;
  return undefined;
}

/** The C library that this very Node is linked with. */
function usesMusl() {
  return readFileSync('/proc/self/maps', 'utf8').includes('/ld-musl-');
}
