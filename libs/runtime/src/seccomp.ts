import { arch } from 'node:os';
import {
  type Condition,
  DEFAULT_PROFILE,
  type SeccompProfile,
  type SeccompSyscalls,
} from './seccomp-profile.ts';

/** `linux.seccomp` of runtime-spec v1.0.2, config-linux.md. */
export interface Seccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompSyscalls[];
}

export interface SeccompTarget {
  /** In Go's words. */
  readonly architecture: string;
  /** As `uname -r` says it. */
  readonly kernel: string;
  readonly capabilities: readonly string[];
}

/** The profile as it is for one container on one host; `undefined` on an architecture that it does not know. */
export function resolveSeccomp(
  target: SeccompTarget,
  profile: SeccompProfile = DEFAULT_PROFILE,
): Seccomp | undefined {
  const architectures = profile.architectures[target.architecture];
  if (architectures === undefined) return undefined;
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures,
    syscalls: profile.rules
      .filter(({ includes = {}, excludes = {} }) => applies(includes, excludes, target))
      .map(({ names, action, errnoRet, args }) => ({
        names,
        action,
        ...(errnoRet !== undefined && { errnoRet }),
        ...(args !== undefined && { args }),
      })),
  };
}

function applies(includes: Condition, excludes: Condition, target: SeccompTarget): boolean {
  const { architecture, capabilities, kernel } = target;
  return (
    (includes.arches?.includes(architecture) ?? true) &&
    (includes.caps?.every((each) => capabilities.includes(each)) ?? true) &&
    (includes.minKernel === undefined || isAtLeast(kernel, includes.minKernel)) &&
    !excludes.arches?.includes(architecture) &&
    !excludes.caps?.some((each) => capabilities.includes(each))
  );
}

function isAtLeast(kernel: string, least: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** What seccomp calls an architecture that Go calls so. */
export function nativeArchitecture(architecture: string): string | undefined {
  return DEFAULT_PROFILE.architectures[architecture]?.[0];
}

/** This host's architecture in Go's words. */
export function hostArchitecture(): string {
  const named = arch();
  return named === 'x64' ? 'amd64' : named === 'ia32' ? '386' : named;
}
