import type { Action, Deed } from '@slipway/registry';
import type { FastifyReply } from 'fastify';
import { blobDeletion, manifestDeletion, manifestPush } from './audited.ts';
import { deleteBlob, getBlob, headBlob } from './blobs.ts';
import type { Call } from './call.ts';
import { listReferrers, listTags } from './lists.ts';
import { deleteManifest, getManifest, headManifest, putManifest } from './manifests.ts';
import { appendToUpload, cancelUpload, completeUpload, getUpload, startUpload } from './uploads.ts';

export interface Endpoint {
  /** Its row in the specification's table (distribution-spec v1.1 and main, spec.md#endpoints). */
  readonly id: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  /** What the client must be allowed to do in the repository. */
  readonly action: Action;
  readonly handle: (call: Call) => Promise<FastifyReply>;
  /** What the audit log says was tried, when it fails; what is done says so itself. */
  readonly deed?: (call: Call, error: unknown) => Deed;
  /** Whether it counts as a pull, of which there may be a limit. To ask whether something is there is free. */
  readonly pulls?: true;
}

/** Everything under `/v2/<name>/`. The ping (end-1) and the catalog, which have no name, stand in the plugin. */
export const ENDPOINTS: readonly Endpoint[] = [
  row('end-2', 'GET', '/:name/blobs/:digest', 'pull', getBlob),
  row('end-2', 'HEAD', '/:name/blobs/:digest', 'pull', headBlob),
  row('end-3', 'GET', '/:name/manifests/:reference', 'pull', getManifest, { pulls: true }),
  row('end-3', 'HEAD', '/:name/manifests/:reference', 'pull', headManifest),
  row('end-4 end-11', 'POST', '/:name/blobs/uploads', 'push', startUpload),
  row('end-5', 'PATCH', '/:name/blobs/uploads/:session', 'push', appendToUpload),
  row('end-6', 'PUT', '/:name/blobs/uploads/:session', 'push', completeUpload),
  row('end-7', 'PUT', '/:name/manifests/:reference', 'push', putManifest, { deed: manifestPush }),
  row('end-8', 'GET', '/:name/tags/list', 'pull', listTags),
  row('end-9', 'DELETE', '/:name/manifests/:reference', 'delete', deleteManifest, {
    deed: manifestDeletion,
  }),
  row('end-10', 'DELETE', '/:name/blobs/:digest', 'delete', deleteBlob, { deed: blobDeletion }),
  row('end-12', 'GET', '/:name/referrers/:digest', 'pull', listReferrers),
  row('end-13', 'GET', '/:name/blobs/uploads/:session', 'push', getUpload),
  row('end-14', 'DELETE', '/:name/blobs/uploads/:session', 'push', cancelUpload),
];

function row(
  id: string,
  method: Endpoint['method'],
  path: string,
  action: Action,
  handle: Endpoint['handle'],
  more: Pick<Endpoint, 'deed' | 'pulls'> = {},
): Endpoint {
  return { id, method, path, action, handle, ...more };
}
