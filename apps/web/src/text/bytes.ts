const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** As people say it, in powers of 1000 as `docker` does: 0 B, 528 B, 31.5 MB. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? ''}`;
}

/** To the byte: 31 457 280 bytes. */
export function exactBytes(count: number): string {
  return `${exact(count)} ${count === 1 ? 'byte' : 'bytes'}`;
}

/** A number with its thousands apart. */
export function exact(count: number): string {
  return count.toLocaleString('en').replaceAll(',', ' ');
}

/** By how much something grew: +12 %, −3 %, as big as before. */
export function growth(from: number, to: number): string {
  const percent = Math.round((100 * (to - from)) / from);
  if (percent === 0) return 'as big as before';
  return `${percent > 0 ? '+' : '−'}${exact(Math.abs(percent))} %`;
}
