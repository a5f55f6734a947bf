import type { Answer } from './ask.ts';

/** A repository, and what the visitor may do there. */
export type Repository = Answer<'showRepository'>;

/** What a tag or a digest names. */
export type Shown = Answer<'showImage'>;

/** What is run: an image's config and layers. */
export type Image = NonNullable<Shown['image']>;
