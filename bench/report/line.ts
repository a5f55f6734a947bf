import { contenderNames } from '../contenders/contender.ts';
import type { Figure } from '../measures/measure.ts';
import { medianOf, ratio, verdict } from './verdict.ts';

/** A figure as the terminal shows it while the run goes on. */
export function lineOf(figure: Figure): string {
  const values = contenderNames.flatMap((name) => {
    const value = medianOf(figure, name);
    if (figure.failures?.[name] !== undefined) return [`${name} failed`];
    return value === undefined ? [] : [`${name} ${number(value)}`];
  });
  const reached =
    figure.target && !('timesTheBetterPeer' in figure.target) ? undefined : ratio(figure);
  return [
    `${figure.what}, ${figure.unit}: ${values.join(', ')}`,
    ...(reached === undefined ? [] : [`ratio ${number(reached)}`]),
    ...(verdict(figure) === 'no target' ? [] : [verdict(figure)]),
    ...(figure.clientShare === undefined
      ? []
      : [`client ${Math.round(figure.clientShare * 100)} % of a core`]),
  ].join(' | ');
}

/** Three digits that count. */
export function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(digits).replace(/\B(?=(?:\d{3})+$)(?<!\.\d*)/g, ' ');
}
