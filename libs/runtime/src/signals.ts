import { constants } from 'node:os';

/** A signal by number or by name, with or without `SIG`, real-time ones too; `undefined` when it is none. */
export function parseSignal(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= 64 ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RTM(IN|AX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realTime) {
    const [, end, sign, offset = '0'] = realTime;
    const from = end === 'IN' ? 34 : 64;
    const number = sign === '-' ? from - Number(offset) : from + Number(offset);
    return number >= 34 && number <= 64 ? number : undefined;
  }
  const known: Readonly<Record<string, number>> = constants.signals;
  return Object.hasOwn(known, `SIG${name}`) ? known[`SIG${name}`] : undefined;
}
