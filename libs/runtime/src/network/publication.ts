import { formatAddress, parseAddress } from './address.ts';

export type Transport = 'tcp' | 'udp';

/** A port of a container that is to be a port of the host. */
export interface Publication {
  readonly protocol: Transport;
  /** The one address of the host; all of them when there is none. */
  readonly hostAddress?: string | undefined;
  /** The first of these that is free is taken; any, when there are none. */
  readonly hostPorts: readonly number[];
  readonly containerPort: number;
}

/**
 * docker's `[[address:][port[-port]]:]port[-port][/protocol]`, with IPv6 addresses in brackets: a publication for
 * each port of the container, or what is wrong with it.
 */
export function parsePublication(
  text: string,
): { readonly publications: readonly Publication[] } | { readonly problem: string } {
  const match =
    /^(?:(?:\[(?<six>[^\]]*)\]|(?<four>[^:[\]]*)):(?=[\d-]*:))?(?:(?<host>[\d-]*):)?(?<container>[\d-]+)(?:\/(?<protocol>[a-z]+))?$/i.exec(
      text,
    );
  const { six, four, host = '', container = '', protocol = 'tcp' } = match?.groups ?? {};
  const transport = protocol.toLowerCase();
  const containerPorts = portsOf(container);
  const hostPorts = host === '' ? [] : portsOf(host);
  if (match === null || containerPorts === undefined || hostPorts === undefined) {
    return { problem: `${text} is not [[address:]host-port:]container-port[/tcp|udp]` };
  }
  if (transport !== 'tcp' && transport !== 'udp') {
    return { problem: `${text}: only tcp and udp ports are published, not ${protocol}` };
  }
  const addressText = six ?? four ?? '';
  const address = addressText === '' ? undefined : parseAddress(addressText);
  if (addressText !== '' && address?.bits !== (six === undefined ? 32 : 128)) {
    return { problem: `${text}: ${addressText} is no address of a host` };
  }
  const many = containerPorts.length > 1;
  if (many && hostPorts.length > 0 && hostPorts.length !== containerPorts.length) {
    return { problem: `${text}: the two ranges are not of one length` };
  }
  const hostAddress = address && formatAddress(address);
  if (hostAddress === '::1') {
    return {
      problem: `${text}: the kernel leads nothing from ::1 elsewhere; publish on 127.0.0.1`,
    };
  }
  return {
    publications: containerPorts.map((containerPort, n) => ({
      protocol: transport,
      ...(hostAddress !== undefined && { hostAddress }),
      hostPorts: many ? hostPorts.slice(n, n + 1) : hostPorts,
      containerPort,
    })),
  };
}

/** `80`, or `8000-8010`. */
function portsOf(text: string): readonly number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > 65_535 || last < first) return undefined;
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

/** A port of the host that leads to one of a container. */
export interface PublishedPort {
  readonly protocol: Transport;
  readonly hostAddress?: string | undefined;
  readonly hostPort: number;
  readonly containerPort: number;
}

const ANY = ['0.0.0.0', '::'];

/** Whether both would answer the same packet. */
export function clash(
  one: Omit<PublishedPort, 'containerPort'>,
  other: Omit<PublishedPort, 'containerPort'>,
): boolean {
  if (one.protocol !== other.protocol || one.hostPort !== other.hostPort) return false;
  const [a, b] = [one.hostAddress, other.hostAddress];
  if (a === undefined || b === undefined || a === b) return true;
  return a.includes(':') === b.includes(':') && (ANY.includes(a) || ANY.includes(b));
}

/** `0.0.0.0:8080->80/tcp`, as docker shows it. */
export const publishedInWords = (port: PublishedPort): string =>
  `${hostEnd(port)}->${port.containerPort}/${port.protocol}`;

export function hostEnd({ hostAddress = '0.0.0.0', hostPort }: PublishedPort): string {
  return hostAddress.includes(':') ? `[${hostAddress}]:${hostPort}` : `${hostAddress}:${hostPort}`;
}
