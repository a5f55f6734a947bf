import type { Handler } from './agent.ts';
import { stateOf } from './container-record.ts';
import { AgentError } from './errors.ts';

type PruneMethod = 'container-prune' | 'image-prune';

/** What is of no use to anybody, as Docker sees it. */
export const pruneMethods: { readonly [Name in PruneMethod]: Handler<Name> } = {
  'container-prune': async ({ containers }) => {
    const removed: string[] = [];
    for (const record of containers.list()) {
      if (!['created', 'exited'].includes(stateOf(record))) continue;
      try {
        await containers.remove(record.id, { force: false, volumes: false });
        removed.push(record.id);
      } catch (error) {
        // Somebody has just started or removed it.
        if (!(error instanceof AgentError)) throw error;
      }
    }
    return removed;
  },

  'image-prune': async ({ images, containers }, { all }) =>
    images.prune(all, () => ({
      images: new Set(containers.list().map(({ imageDigest }) => imageDigest)),
      layers: containers.layersInUse(),
    })),
};
