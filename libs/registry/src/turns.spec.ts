import { Turns } from './turns.ts';

test('so many work at once, so many wait, and who comes beyond that is refused', async () => {
  const turns = new Turns(2, 3);
  const ends: (() => void)[] = [];
  let working = 0;
  let most = 0;
  const work = () =>
    turns.take(async () => {
      most = Math.max(most, ++working);
      await new Promise<void>((resolve) => ends.push(resolve));
      working--;
    });
  const all = [work(), work(), work(), work(), work()];
  await expect(work()).rejects.toMatchObject({ reason: 'too-many-requests' });
  for (const _ of all) {
    while (ends.length === 0) await Promise.resolve();
    ends.shift()?.();
  }
  await Promise.all(all);
  expect(most).toBe(2);
});

test('who fails gives the turn on', async () => {
  const turns = new Turns(1, 1);
  const failing = turns.take(async () => {
    throw new Error('no');
  });
  const next = turns.take(async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
