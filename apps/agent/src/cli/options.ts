import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { RestartPolicy } from '../restart-policy.ts';

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

/** `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`. */
export function parseRestart(text: string): RestartPolicy {
  if (text === 'no' || text === 'always' || text === 'unless-stopped') return { name: text };
  const match = /^on-failure(?::(\d{1,6}))?$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError('It is no, always, unless-stopped, on-failure or on-failure:3.');
  }
  const most = Number(match[1] ?? 0);
  return most === 0 ? { name: 'on-failure' } : { name: 'on-failure', most };
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

/** Lines of `KEY=value` taken as they are, or `KEY` for the value it has here; empty ones and `#` say nothing. */
export function variablesIn(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [key = ''] = line.split('=');
      if (key === '' || /\s/.test(key)) {
        throw new InvalidArgumentError(`${JSON.stringify(line)} is not KEY=value.`);
      }
      if (line.includes('=')) return [line];
      const value = environment[key];
      return value === undefined ? [] : [`${key}=${value}`];
    });
}

export function parseEnvFile(
  path: string,
  before: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read: ${String(error)}`);
  }
  return [...before, ...variablesIn(text, environment)];
}

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

/** `key=value`, or `key` for an empty value. */
export function parseLabel(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  const [key, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  if (key !== '') return { ...before, [key]: value };
  throw new InvalidArgumentError('It is key=value.');
}

const LENGTHS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `2026-01-02T03:04:05Z`, `2026-01-02`, seconds since 1970, or how long ago: `10m`, `1h30m`. In milliseconds. */
export function parseTime(text: string, now: number): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(?:\d+(?:\.\d+)?[hms])+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)([hms])/g)];
    return parts.reduce((at, [, n, unit = '']) => at - Number(n) * (LENGTHS[unit] ?? 0), now);
  }
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(date)) return date;
  throw new InvalidArgumentError(
    'It is a time such as 2026-01-02T03:04:05Z, or 10m for ten minutes ago.',
  );
}
