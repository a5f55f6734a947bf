import { RegistryError } from '@slipway/registry';

/** One more than a page is asked for, so that it is known whether there is more. */
export async function pageOf<Item>(
  { after = '', limit }: { readonly after?: string | undefined; readonly limit: number },
  ask: (after: string, limit: number) => Promise<readonly Item[]>,
  nameOf: (item: Item) => string,
): Promise<{ items: Item[]; next?: string }> {
  const found = await ask(after, limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: nameOf(last) } : { items };
}

/** The row's id that a page ended with. */
export function idOf(after: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new RegistryError('request-invalid', `${after} is not the next of any page`);
}
