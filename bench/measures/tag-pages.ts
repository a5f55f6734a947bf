import { pullAndPush } from '../contenders/contender.ts';
import { seedTags, tagNumber } from '../seed/tags.ts';
import type { Measure } from './measure.ts';
import { timeOfPage, timeOfWalk } from './pages.ts';
import { interleaved } from './rounds.ts';
import { Samplings } from './samplings.ts';

const SMALL = 100;

export const tagPages: Measure = {
  name: 'tags',
  about: 'pages of the tag list of a repository with 100 000 tags, beside one with 100',
  async *run(contenders, { quick, rounds }) {
    const large = quick ? 2000 : 100_000;
    for (const contender of contenders) {
      await seedTags(contender, 'bench/few', SMALL);
      await seedTags(contender, 'bench/many', large);
    }
    const pages = [
      { where: 'first', query: 'n=100' },
      { where: 'middle', query: `n=100&last=${tagNumber(large / 2)}` },
    ].map((page) => ({ ...page, times: new Samplings(), against: new Samplings() }));

    // The pages of a round follow each other, so that their ratio is of one moment.
    const few = await interleaved(contenders, rounds, async (contender) => {
      const time = async (repository: string, query: string): Promise<number> =>
        timeOfPage(
          contender,
          `/v2/${repository}/tags/list?${query}`,
          pullAndPush(repository),
          quick ? 0.5 : 2,
        );
      const short = await time('bench/few', 'n=100');
      for (const { query, times, against } of pages) {
        const long = await time('bench/many', query);
        times.add(contender.name, long);
        against.add(contender.name, long / short);
      }
      return short;
    });
    const common = { better: 'less', failures: few.failures } as const;
    yield { what: `first 100 of ${SMALL} tags`, unit: 'ms', ...common, ...few };
    for (const { where, times, against } of pages) {
      const what = `${where} 100 of ${large} tags`;
      yield { what, unit: 'ms', ...common, samples: times.all };
      yield {
        what: `${what}, against the first 100 of ${SMALL}`,
        unit: 'times',
        ...common,
        samples: against.all,
        target: { atMost: 2 },
      };
    }
    const walk = await interleaved(contenders, 1, async (contender) =>
      timeOfWalk(contender, {
        path: '/v2/bench/many/tags/list?n=1000',
        scope: pullAndPush('bench/many'),
        field: 'tags',
        entries: large,
      }),
    );
    yield { what: `all ${large} tags in pages of 1000`, unit: 'ms', better: 'less', ...walk };
  },
};
