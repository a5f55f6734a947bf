import { createInterface } from 'node:readline/promises';

/** Whether somebody says yes; the end of the input is a no. */
export async function confirmed(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  const answer = await Promise.race([lines.question(`${question} Go on? [y/N] `), ended]);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
