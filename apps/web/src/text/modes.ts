const LETTERS = ['x', 'w', 'r'] as const;

/** As `ls` writes it: 0755 of a file is rwxr-xr-x, 4755 is rwsr-xr-x. */
export function modeInLetters(octal: string): string {
  const mode = Number.parseInt(octal, 8);
  const letters: string[] = Array.from({ length: 9 }, (_, n) => {
    const bit = 8 - n;
    return (mode >> bit) & 1 ? (LETTERS[bit % 3] ?? '-') : '-';
  });
  const special = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const;
  for (const [bit, at, letter] of special) {
    if ((mode & bit) !== 0) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  }
  return letters.join('');
}
