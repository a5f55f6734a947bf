import { z } from 'zod';
import { namespaceName, repositoryName } from './words.ts';

/** What `GET /api/v1/events` may be asked for: the news of one repository, of one namespace, or of all that one may pull. */
export const newsFilter = z.strictObject({
  repository: repositoryName.optional(),
  namespace: namespaceName.optional(),
});
