import { type Ending, restartDelay, startsWithHost } from './restart-policy.ts';

const anEnding = (more: Partial<Ending> = {}): Ending => ({
  code: 1,
  ran: 50,
  restarts: 0,
  stopped: false,
  ...more,
});
const isAgain = (policy: Parameters<typeof restartDelay>[0], more: Partial<Ending> = {}) =>
  restartDelay(policy, anEnding(more)) !== undefined;

test('who ends is started again as the policy says', () => {
  expect(isAgain({ name: 'no' })).toBe(false);
  for (const name of ['always', 'unless-stopped'] as const) {
    expect([isAgain({ name }), isAgain({ name }, { code: 0 })]).toEqual([true, true]);
    expect(isAgain({ name }, { stopped: true })).toBe(false);
  }
  expect(isAgain({ name: 'on-failure' }, { code: 0 })).toBe(false);
  expect(isAgain({ name: 'on-failure' }, { restarts: 1000 })).toBe(true);
  expect(isAgain({ name: 'on-failure' }, { code: undefined })).toBe(true);
  expect(isAgain({ name: 'on-failure', most: 2 }, { restarts: 1 })).toBe(true);
  expect(isAgain({ name: 'on-failure', most: 2 }, { restarts: 2 })).toBe(false);
});

test('each time it waits twice as long, to a minute, and anew when it ran for ten seconds', () => {
  const delays: number[] = [];
  for (let n = 0; n < 12; n++) {
    delays.push(restartDelay({ name: 'always' }, anEnding({ waited: delays.at(-1) })) ?? NaN);
  }
  expect(delays).toEqual([
    100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000,
  ]);
  expect(restartDelay({ name: 'always' }, anEnding({ waited: 60_000, ran: 10_000 }))).toBe(100);
});

test('what starts with the host', () => {
  expect(startsWithHost({ name: 'always' }, true)).toBe(true);
  expect(startsWithHost({ name: 'unless-stopped' }, true)).toBe(false);
  expect(startsWithHost({ name: 'unless-stopped' }, false)).toBe(true);
  expect(startsWithHost({ name: 'on-failure' }, false)).toBe(false);
});
