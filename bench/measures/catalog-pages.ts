import { repositoryNumber, seedRepositories } from '../seed/repositories.ts';
import type { Measure } from './measure.ts';
import { timeOfPage, timeOfWalk } from './pages.ts';
import { interleaved } from './rounds.ts';

const SCOPE = 'registry:catalog:*';

export const catalogPages: Measure = {
  name: 'catalog',
  about: 'pages of the catalog of 10 000 repositories',
  async *run(contenders, { quick, rounds }) {
    const repositories = quick ? 500 : 10_000;
    for (const contender of contenders) await seedRepositories(contender, repositories);

    for (const [where, query] of [
      ['first', 'n=100'],
      ['middle', `n=100&last=${repositoryNumber(repositories / 2)}`],
    ] as const) {
      const page = await interleaved(contenders, rounds, async (contender) =>
        timeOfPage(contender, `/v2/_catalog?${query}`, SCOPE, quick ? 0.5 : 2),
      );
      yield {
        what: `${where} 100 of ${repositories} repositories`,
        unit: 'ms',
        better: 'less',
        ...page,
      };
    }
    const walk = await interleaved(contenders, 1, async (contender) =>
      timeOfWalk(contender, {
        path: '/v2/_catalog?n=1000',
        scope: SCOPE,
        field: 'repositories',
        entries: repositories,
      }),
    );
    yield {
      what: `all ${repositories} repositories in pages of 1000`,
      unit: 'ms',
      better: 'less',
      ...walk,
    };
  },
};
