import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, Contender } from './contenders/contender.ts';
import { scratchFolder } from './leave-nothing-behind.ts';
import type { Extent, Figure, Measure } from './measures/measure.ts';

/** Starts fresh contenders, measures, and stops them. Figures come as they are known; one measured alone comes at the end. */
export async function* runMeasure(
  measure: Measure,
  candidates: readonly Candidate[],
  extent: Extent,
): AsyncGenerator<Figure, void, void> {
  const taking = candidates.filter(({ name }) => name !== 'zot-commit' || measure.durable === true);
  if (measure.alone !== true) {
    yield* runTogether(measure, taking, extent);
    return;
  }
  const merged = new Map<string, Figure>();
  for (const candidate of taking) {
    for await (const figure of runTogether(measure, [candidate], extent)) {
      merged.set(figure.what, together(merged.get(figure.what), figure));
    }
  }
  yield* merged.values();
}

/** One figure of two, each measured for other contenders. */
function together(before: Figure | undefined, figure: Figure): Figure {
  return {
    ...figure,
    samples: { ...before?.samples, ...figure.samples },
    failures: { ...before?.failures, ...figure.failures },
    clientShare: Math.max(before?.clientShare ?? 0, figure.clientShare ?? 0),
  };
}

async function* runTogether(
  measure: Measure,
  candidates: readonly Candidate[],
  extent: Extent,
): AsyncGenerator<Figure, void, void> {
  const scratch = await scratchFolder(measure.name);
  const contenders: Contender[] = [];
  try {
    for (const candidate of candidates) {
      const folder = join(scratch.path, candidate.name);
      await mkdir(folder);
      contenders.push(await candidate.start(folder));
    }
    yield* measure.run(contenders, extent);
  } finally {
    for (const contender of contenders) await contender.stop();
    await scratch.remove();
  }
}
