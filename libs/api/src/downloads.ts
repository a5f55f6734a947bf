import { z } from 'zod';
import { digest, repositoryName } from './words.ts';

/** What `GET /api/v1/repositories/{repository}/blobs/{digest}` may be asked for. */
export const downloadOf = z.strictObject({
  repository: repositoryName,
  digest,
  filename: z.string().max(255).optional(),
});
