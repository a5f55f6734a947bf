import { createHash } from 'node:crypto';
import { type Digest, digestOf } from '@slipway/oci';

/** For each layer, the digest that stands for it on top of all below it (image-spec v1.1.1, config.md#layer-chainid). */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      below === undefined
        ? diffId
        : digestOf('sha256', createHash('sha256').update(`${below} ${diffId}`).digest('hex')),
    );
  }
  return chain;
}
