import { createCipheriv, createHash } from 'node:crypto';

/** Choices that a seed repeats exactly. */
export interface Random {
  /** From 0 up to, but not including, `below`. */
  integer(below: number): number;
  pick<T>(choices: readonly T[]): T;
  bytes(size: number): Buffer;
  /** Others that depend on this one's seed and on `name` alone, however this one has been used. */
  fork(name: string): Random;
}

export function randomOf(seed: string): Random {
  const key = createHash('sha256').update(seed).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const bytes = (size: number) => stream.update(Buffer.alloc(size));
  const integer = (below: number) => bytes(6).readUIntBE(0, 6) % below;
  return {
    bytes,
    integer,
    pick: <T>(choices: readonly T[]) => {
      if (choices.length === 0) throw new RangeError('there is nothing to pick from');
      return choices[integer(choices.length)] as T;
    },
    fork: (name) => randomOf(`${seed}/${name}`),
  };
}
