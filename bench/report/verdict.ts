import { peerNames, type ContenderName } from '../contenders/contender.ts';
import type { Figure } from '../measures/measure.ts';
import { median } from '../statistics.ts';

export function medianOf(figure: Figure, name: ContenderName): number | undefined {
  const samples = figure.samples[name];
  return samples === undefined ? undefined : median(samples);
}

/** How many times better than the better of the two peers Slipway's median is; below 1 it is worse. */
export function ratio(figure: Figure): number | undefined {
  const own = medianOf(figure, 'slipway');
  const peers = peerNames
    .map((name) => medianOf(figure, name))
    .filter((value) => value !== undefined);
  if (own === undefined || peers.length === 0) return undefined;
  return figure.better === 'more' ? own / Math.max(...peers) : Math.min(...peers) / own;
}

export type Verdict = 'reached' | 'missed' | 'not measured' | 'no target';

export function verdict(figure: Figure): Verdict {
  const { target } = figure;
  if (target === undefined) return 'no target';
  if (figure.failures?.slipway !== undefined) return 'missed';
  if (!('timesTheBetterPeer' in target)) {
    const own = medianOf(figure, 'slipway');
    if (own === undefined) return 'not measured';
    const within = 'atMost' in target ? own <= target.atMost : own >= target.atLeast;
    return within ? 'reached' : 'missed';
  }
  const reached = ratio(figure);
  if (reached === undefined) return 'not measured';
  return reached >= target.timesTheBetterPeer ? 'reached' : 'missed';
}
