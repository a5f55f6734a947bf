import type { BridgedNetwork } from './ruleset.ts';

/**
 * What makes Docker's chain for others let our bridges through, given what `iptables -S DOCKER-USER` says of it:
 * arguments of `iptables`, none when it does already. What is for Docker's own bridges is left to Docker's rules.
 */
export function dockerUserLines(
  comment: string,
  networks: readonly BridgedNetwork[],
  listed: string,
): readonly (readonly string[])[] {
  const mark = ['-m', 'comment', '--comment', comment, '-j'];
  const wanted = networks.flatMap(({ bridge }) => [
    ['-i', bridge, '-o', 'docker0', ...mark, 'RETURN'],
    ['-i', bridge, '-o', 'br-+', ...mark, 'RETURN'],
    ['-i', bridge, ...mark, 'ACCEPT'],
    ['-o', bridge, ...mark, 'ACCEPT'],
  ]);
  const own = listed
    .split('\n')
    .map((line) => line.trim().split(' ').slice(2))
    .filter((words) => words.some((word, n) => word === comment && words[n - 1] === '--comment'));
  if (own.map(String).join('\n') === wanted.map(String).join('\n')) return [];
  return [
    ...own.map((words) => ['-D', 'DOCKER-USER', ...words]),
    ...[...wanted].reverse().map((words) => ['-I', 'DOCKER-USER', ...words]),
  ];
}
