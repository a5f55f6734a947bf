import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `64m`, `1.5g`, `1024`: bytes. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([bkmg])?b?$/i.exec(text);
  const bytes = Math.round(Number(match?.[1]) * (UNITS[match?.[2]?.toLowerCase() ?? 'b'] ?? 1));
  if (Number.isSafeInteger(bytes) && bytes >= 6 * UNITS_M) return bytes;
  throw new InvalidArgumentError('It is a number of bytes such as 64m or 1g, 6m at least.');
}

const UNITS_M = 1024 ** 2;

export function parseCpus(text: string): number {
  const cpus = Number(text);
  if (text.trim() !== '' && cpus >= 0.01 && cpus <= 1024) return cpus;
  throw new InvalidArgumentError('It is a number of processors such as 0.5, 0.01 at least.');
}

export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number, 1 at least.');
}

export function parseSeconds(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number of seconds.');
}

export interface Mount {
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** `/on/the/host:/in/the/container[:ro]`. */
export function parseVolume(text: string, before: readonly Mount[] = []): readonly Mount[] {
  const [source = '', destination = '', mode = 'rw', ...more] = text.split(':');
  if (!/^[/.]/.test(source)) {
    throw new InvalidArgumentError(
      'It is /on/the/host:/in/the/container[:ro]; named volumes are not there yet.',
    );
  }
  if (!destination.startsWith('/') || more.length > 0 || !['ro', 'rw'].includes(mode)) {
    throw new InvalidArgumentError('It is /on/the/host:/in/the/container, with :ro or :rw behind.');
  }
  return [...before, { source: resolve(source), destination, readOnly: mode === 'ro' }];
}

/** `KEY=value`, or `KEY` for the value it has here. */
export function parseVariable(
  text: string,
  before: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (text.includes('=')) return [...before, text];
  const value = environment[text];
  return [...before, value === undefined ? text : `${text}=${value}`];
}

/** What one line of a shell would make of it, without anything that a shell does besides. */
export function parseNetwork(text: string): 'none' | 'host' {
  if (text === 'none' || text === 'host') return text;
  throw new InvalidArgumentError('It is none or host; networks of containers are not there yet.');
}
