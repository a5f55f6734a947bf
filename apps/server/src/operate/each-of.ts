/** Does `work` for each of `items`, a few at a time; ends at the first that fails, when those under way have ended. */
export async function eachOf<Item>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly reason: unknown } | undefined;
  try {
    for await (const item of items) {
      if (failure !== undefined) break;
      const one = work(item)
        .catch((reason: unknown) => {
          failure ??= { reason };
        })
        .finally(() => underWay.delete(one));
      underWay.add(one);
      if (underWay.size >= atOnce) await Promise.race(underWay);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failure !== undefined) throw failure.reason;
}
