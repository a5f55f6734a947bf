import { access } from './access.ts';
import { blobs } from './blobs.ts';
import { catalogPages } from './catalog-pages.ts';
import { concurrentPushes } from './concurrent-pushes.ts';
import { images } from './images.ts';
import { manifests } from './manifests.ts';
import type { Measure } from './measure.ts';
import { memory } from './memory.ts';
import { tagPages } from './tag-pages.ts';

export const measures: readonly Measure[] = [
  manifests,
  blobs,
  images,
  concurrentPushes,
  tagPages,
  catalogPages,
  memory,
  access,
];
