import type { LayerEntry, MergedFiles, SeenEntry } from '@slipway/layers';

/** A path at which two images differ. */
export interface FileDifference {
  readonly from: SeenEntry | undefined;
  readonly to: SeenEntry | undefined;
  /** What has changed, where both have something. */
  readonly changed: readonly FileChange[];
}

export type FileChange = 'type' | 'content' | 'mode' | 'owner' | 'link';

/** Where two images differ behind that key, in the order of keys; both are gone through side by side. */
export async function* compareFiles(
  from: MergedFiles,
  to: MergedFiles,
  after?: string,
): AsyncGenerator<FileDifference, void, void> {
  const sides = [from.all(after), to.all(after)] as const;
  try {
    let [one, other] = [await nextOf(sides[0]), await nextOf(sides[1])];
    while (one !== undefined || other !== undefined) {
      const key = [one, other].flatMap((each) => each?.entry.key ?? []).sort()[0];
      const before = one?.entry.key === key ? one : undefined;
      const then = other?.entry.key === key ? other : undefined;
      const changed = before && then ? changesOf(before.entry, then.entry) : [];
      if (before === undefined || then === undefined || changed.length > 0) {
        yield { from: before, to: then, changed };
      }
      if (before !== undefined) one = await nextOf(sides[0]);
      if (then !== undefined) other = await nextOf(sides[1]);
    }
  } finally {
    for (const side of sides) await side.return();
  }
}

async function nextOf(side: AsyncGenerator<SeenEntry, void, void>): Promise<SeenEntry | undefined> {
  const next = await side.next();
  return next.done === true ? undefined : next.value;
}

/** Times say when something was built, and are no difference; nor is what no layer says of a folder. */
function changesOf(from: LayerEntry, to: LayerEntry): readonly FileChange[] {
  if (from.type !== to.type) return ['type'];
  const known = !from.implicit && !to.implicit;
  const found: readonly (readonly [FileChange, boolean])[] = [
    ['content', from.size !== to.size || from.hash !== to.hash],
    ['mode', known && from.mode !== to.mode],
    ['owner', known && (from.uid !== to.uid || from.gid !== to.gid)],
    ['link', from.link !== to.link],
  ];
  return found.filter(([, differs]) => differs).map(([change]) => change);
}
