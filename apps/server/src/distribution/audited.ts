import { parseDigest, parseReference } from '@slipway/oci';
import {
  type Action,
  asRegistryError,
  type Deed,
  onRepository,
  type Resource,
} from '@slipway/registry';
import { type Call, parameter } from './call.ts';

/** What was asked for and is not allowed. */
export function denied(action: Action, resource: Resource): Deed {
  switch (resource.kind) {
    case 'repository':
      return onRepository(`repository.${action}`, resource.name, undefined);
    case 'account':
    case 'namespace':
      return {
        action: `${resource.kind}.${action}`,
        resource: resource.name,
        namespace: resource.name,
      };
    case 'catalog':
    case 'site':
      return { action: `${resource.kind}.${action}`, resource: '', namespace: undefined };
  }
}

export function manifestPush(call: Call, error: unknown): Deed {
  return failure('manifest.push', call, error);
}

export function manifestDeletion(call: Call, error: unknown): Deed {
  const isDigest = parameter(call, 'reference').includes(':');
  return failure(isDigest ? 'manifest.delete' : 'tag.delete', call, error);
}

export function blobDeletion(call: Call, error: unknown): Deed {
  return failure('blob.delete', call, error);
}

function failure(action: string, call: Call, error: unknown): Deed {
  const text = parameter(call, 'reference') || parameter(call, 'digest');
  const what = parseReference(text) ?? parseDigest(text);
  const reason = asRegistryError(error)?.reason ?? 'unforeseen';
  return onRepository(action, call.repository, what, { reason });
}
