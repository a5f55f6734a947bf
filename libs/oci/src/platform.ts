/** What an image runs on, in Go's words (image-spec v1.1.1, image-index.md#image-index-property-descriptions). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** Names that other tools use for Go's architectures, with the variant they imply. */
const ARCHITECTURES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  x64: ['amd64'],
  i386: ['386'],
  i686: ['386'],
  ia32: ['386'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** What an architecture means when no variant is named. */
const IMPLIED_VARIANT: Readonly<Record<string, string>> = { arm: 'v7', arm64: 'v8', amd64: 'v1' };

const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** `os/architecture[/variant]`, as `--platform` takes it; `undefined` when it is not of that form. */
export function parsePlatform(text: string): Platform | undefined {
  const [os = '', architecture = '', variant, ...rest] = text.split('/');
  const parts = [os, architecture, ...(variant === undefined ? [] : [variant])];
  if (rest.length > 0 || !parts.every((part) => PART.test(part))) return undefined;
  return normalPlatform({ os, architecture, ...(variant !== undefined && { variant }) });
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** One spelling for every platform: lower case, Go's names, and no variant that goes without saying. */
export function normalPlatform({ os, architecture, variant, osVersion }: Platform): Platform {
  const lower = architecture.toLowerCase();
  const [name, implied] = Object.hasOwn(ARCHITECTURES, lower)
    ? (ARCHITECTURES[lower] ?? [lower])
    : [lower];
  const said = variant === undefined || variant === '' ? implied : normalVariant(variant);
  const own = said === variantWhenUnsaid(name) ? undefined : said;
  return {
    os: os.toLowerCase(),
    architecture: name,
    ...(own !== undefined && { variant: own }),
    ...(osVersion !== undefined && { osVersion }),
  };
}

/**
 * Of the manifests in an index, the one to run on `wanted`; `undefined` when none can. An arm host runs the
 * images of older variants, and prefers the newest of them; among equals the first in the index wins.
 */
export function chooseManifest<Choice extends HasPlatform>(
  manifests: readonly Choice[],
  wanted: Platform,
): Choice | undefined {
  const ranks = ranking(normalPlatform(wanted));
  let best: { readonly choice: Choice; readonly rank: number } | undefined;
  for (const choice of manifests) {
    if (choice.platform === undefined) continue;
    const rank = ranks.indexOf(platformText(normalPlatform(choice.platform)));
    if (rank >= 0 && (best === undefined || rank < best.rank)) best = { choice, rank };
  }
  return best?.choice;
}

interface HasPlatform {
  readonly platform?: Platform;
}

/** What `wanted` can run, best first. */
function ranking(wanted: Platform): readonly string[] {
  const newest = Number(/^v(\d)$/.exec(variantOf(wanted))?.[1] ?? Number.NaN);
  const oldest = wanted.architecture === 'arm' ? 5 : wanted.architecture === 'amd64' ? 1 : newest;
  if (!['arm', 'amd64'].includes(wanted.architecture) || Number.isNaN(newest)) {
    return [platformText(wanted)];
  }
  return Array.from({ length: Math.max(0, newest - oldest + 1) }, (_, n) =>
    platformText(normalPlatform({ ...wanted, variant: `v${newest - n}` })),
  );
}

const variantOf = ({ architecture, variant }: Platform): string =>
  variant ?? variantWhenUnsaid(architecture) ?? '';

function variantWhenUnsaid(architecture: string): string | undefined {
  return Object.hasOwn(IMPLIED_VARIANT, architecture) ? IMPLIED_VARIANT[architecture] : undefined;
}

/** `7` is `v7` to those who write images by hand. */
const normalVariant = (variant: string): string =>
  /^\d$/.test(variant) ? `v${variant}` : variant.toLowerCase();
