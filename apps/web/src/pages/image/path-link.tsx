import type { ReactNode } from 'react';
import { PlaceLink } from '../../parts/place-link.tsx';

/** Whose files are looked at: of an image of one platform, or of one of its layers. */
export interface Looking {
  readonly repository: string;
  readonly reference: string;
  readonly platform: string | undefined;
  readonly layer: string | undefined;
}

/** Leads to a folder of the image, or opens a file. */
export function PathLink({
  looking: { repository, reference, platform, layer },
  path,
  open = false,
  children,
}: {
  readonly looking: Looking;
  readonly path: string;
  /** Whether it is a file. */
  readonly open?: boolean;
  readonly children: ReactNode;
}) {
  const to = open ? { file: path } : { path: path === '' ? undefined : path };
  return (
    <PlaceLink
      repository={repository}
      reference={reference}
      search={{ view: 'files', platform, layer, ...to }}
    >
      {children}
    </PlaceLink>
  );
}
