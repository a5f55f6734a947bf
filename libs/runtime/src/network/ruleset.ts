import type { Transport } from './publication.ts';

/** A bridge and who lives on it; the second addresses are IPv6's. */
export interface BridgedNetwork {
  readonly bridge: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly subnet6?: string | undefined;
  readonly gateway6?: string | undefined;
  /** Nothing goes out of it and nothing comes in. */
  readonly internal: boolean;
}

/** A port of the host, of one address or all, and where it leads. */
export interface Forward {
  readonly protocol: Transport;
  readonly hostAddress?: string | undefined;
  readonly hostPort: number;
  readonly address: string;
  readonly address6?: string | undefined;
  readonly containerPort: number;
}

/**
 * All rules of all networks as one nftables table, which takes the place of the one before in one transaction.
 *
 * `guard` stands before anything else: a bridge whose containers answer on 127.0.0.1 must route what claims to be
 * of there (route_localnet), and nobody but the host itself may send that; nor may anybody outside of a network
 * send to its addresses directly.
 */
export function ruleset(
  table: string,
  networks: readonly BridgedNetwork[],
  forwards: readonly Forward[],
): string {
  return [
    // Deleting needs a table that is there.
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    ...map('published4', 'ip', elements(forwards, 4)),
    ...map('published6', 'ip6', elements(forwards, 6)),
    ...chain('guard', 'type filter hook prerouting priority raw', [
      'iifname != "lo" ip daddr 127.0.0.0/8 drop',
      ...networks.flatMap(closedToOthers),
    ]),
    ...chain('arriving', 'type nat hook prerouting priority dstnat', [TO_IPV4, TO_IPV6]),
    ...chain('from_host', 'type nat hook output priority -100', [
      TO_IPV4,
      // The answer to ::1 would be dropped as a martian: better refused at once.
      `ip6 daddr != ::1 ${TO_IPV6}`,
    ]),
    ...chain('leaving', 'type nat hook postrouting priority srcnat', networks.flatMap(masquerade)),
    // What an internal network may not is decided before what leads to another one is let through.
    ...chain('forward', 'type filter hook forward priority filter', [
      ...networks.filter(({ internal }) => internal).flatMap(forwarding),
      ...networks.filter(({ internal }) => !internal).flatMap(forwarding),
    ]),
    ...chain(
      'input',
      'type filter hook input priority filter',
      networks
        .filter(({ internal }) => internal)
        .map(({ bridge }) => `iifname "${bridge}" ct state new drop`),
    ),
    '}',
    '',
  ].join('\n');
}

const TO_IPV4 =
  'fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . ip daddr . th dport map @published4';
const TO_IPV6 =
  'fib daddr type local meta l4proto { tcp, udp } dnat ip6 to meta l4proto . ip6 daddr . th dport map @published6';

function map(name: string, family: 'ip' | 'ip6', all: readonly string[]): readonly string[] {
  return [
    `  map ${name} {`,
    `    typeof meta l4proto . ${family} daddr . th dport : ${family} daddr . th dport`,
    '    flags interval',
    ...(all.length > 0 ? [`    elements = { ${all.join(', ')} }`] : []),
    '  }',
  ];
}

const chain = (name: string, hook: string, rules: readonly string[]): readonly string[] => [
  `  chain ${name} {`,
  `    ${hook}; policy accept;`,
  ...rules.map((rule) => `    ${rule}`),
  '  }',
];

function elements(forwards: readonly Forward[], version: 4 | 6): readonly string[] {
  const any = version === 4 ? '0.0.0.0' : '::';
  return forwards.flatMap((forward) => {
    const { protocol, hostAddress = any, hostPort, address, address6, containerPort } = forward;
    const to = version === 4 ? address : address6;
    if (to === undefined || hostAddress.includes(':') !== (version === 6)) return [];
    const at = hostAddress === any ? `${any}/0` : hostAddress;
    return [`${protocol} . ${at} . ${hostPort} : ${to} . ${containerPort}`];
  });
}

const familiesOf = ({
  subnet,
  subnet6,
}: BridgedNetwork): readonly (readonly [string, string])[] => [
  ['ip', subnet],
  ...(subnet6 === undefined ? [] : [['ip6', subnet6] as const]),
];

const closedToOthers = (network: BridgedNetwork): readonly string[] =>
  familiesOf(network).map(
    ([family, subnet]) => `iifname != { "lo", "${network.bridge}" } ${family} daddr ${subnet} drop`,
  );

function masquerade(network: BridgedNetwork): readonly string[] {
  const { bridge, internal } = network;
  return [
    ...(internal
      ? []
      : familiesOf(network).map(
          ([family, subnet]) => `${family} saddr ${subnet} oifname != "${bridge}" masquerade`,
        )),
    `oifname "${bridge}" ip saddr 127.0.0.0/8 masquerade`,
    // A container that asks for a published port of its own network, perhaps its own: the answer must come back here.
    ...familiesOf(network).map(
      ([family, subnet]) =>
        `oifname "${bridge}" ${family} saddr ${subnet} ${family} daddr ${subnet} ct status dnat masquerade`,
    ),
  ];
}

function forwarding({ bridge, internal }: BridgedNetwork): readonly string[] {
  const within = `iifname "${bridge}" oifname "${bridge}" accept`;
  if (internal) return [within, `iifname "${bridge}" drop`, `oifname "${bridge}" drop`];
  return [
    within,
    `oifname "${bridge}" ct state established,related accept`,
    `oifname "${bridge}" ct status dnat accept`,
    `oifname "${bridge}" drop`,
  ];
}
