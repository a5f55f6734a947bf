import { InvalidArgumentError } from 'commander';
import { parseAddress, parsePublication, type Publication } from '@slipway/runtime';

/** `8080:80`, `127.0.0.1:53:53/udp`, `8000-8010:8000-8010`, `80`. */
export function parsePublish(
  text: string,
  before: readonly Publication[] = [],
): readonly Publication[] {
  const parsed = parsePublication(text);
  if ('problem' in parsed) throw new InvalidArgumentError(`${parsed.problem}.`);
  return [...before, ...parsed.publications];
}

export function parseIp(text: string): string {
  if (parseAddress(text) !== undefined) return text;
  throw new InvalidArgumentError('It is an address.');
}
