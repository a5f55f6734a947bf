import { RuntimeError } from './errors.ts';

/** All of capability.h, each at its bit. */
const ALL = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'],
  ...['SETPCAP', 'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW'],
  ...['IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT'],
  ...['SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD'],
  ...['LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG'],
  ...['WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
].map((name) => `CAP_${name}`);

/** containers-common's eleven: Docker's without AUDIT_WRITE, MKNOD and NET_RAW. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

/** Those whose bits are set in a mask of /proc/PID/status, such as `000001ffffffffff`. */
export function capabilitiesIn(mask: string): readonly string[] {
  const bits = BigInt(`0x${mask}`);
  return ALL.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n);
}

/**
 * What a container holds, as Docker puts it together: `ALL` added is all that the host has but what is dropped;
 * `ALL` dropped leaves what is added; otherwise the default ones without the dropped and with the added.
 */
export function capabilitiesOf(
  wish: { readonly add: readonly string[]; readonly drop: readonly string[] },
  available: readonly string[],
): readonly string[] {
  const add = wish.add.map(named);
  const drop = wish.drop.map(named);
  const missing = add.find((each) => each !== 'ALL' && !available.includes(each));
  if (missing !== undefined) {
    throw new RuntimeError('host-lacks', `${missing} cannot be given: the agent has it not itself`);
  }
  if (add.includes('ALL')) return available.filter((each) => !drop.includes(each));
  const kept = drop.includes('ALL')
    ? []
    : DEFAULT_CAPABILITIES.filter((each) => !drop.includes(each));
  return [...new Set([...kept, ...add])];
}

/** With or without `CAP_`, in any case. */
function named(text: string): string {
  const upper = text.toUpperCase();
  if (upper === 'ALL') return upper;
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (ALL.includes(name)) return name;
  throw new RuntimeError('config-invalid', `${text} is not a capability`);
}
