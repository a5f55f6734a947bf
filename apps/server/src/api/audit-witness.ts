import type { AuditLog, Deed, Resource } from '@slipway/registry';
import type { Witness, Witnessed } from './witness.ts';

/** Writes what is done, and what is refused, into the audit log: a change before it is answered. */
export function auditWitness(audit: AuditLog): Witness {
  return {
    async see(what) {
      const { identity, address, client, requestId } = what;
      const by = { identity, asking: { address, client, requestId } };
      switch (what.outcome) {
        case 'done':
          return audit.done(by, deedOf(what));
        case 'refused':
          audit.refused(by, deedOf(what));
          return;
        case 'failed':
          audit.failed(by, deedOf(what));
      }
    },
  };
}

function deedOf({ endpoint, resource, reason, detail }: Witnessed): Deed {
  return {
    action: endpoint.id,
    resource: nameOf(resource),
    namespace: namespaceOf(resource),
    detail: reason === undefined ? detail : { ...detail, reason },
  };
}

function nameOf(resource: Resource | undefined): string {
  return resource !== undefined && 'name' in resource ? resource.name : '';
}

/** Whose owners may read of it. */
function namespaceOf(resource: Resource | undefined): string | undefined {
  switch (resource?.kind) {
    case 'repository':
      return resource.name.split('/')[0];
    case 'namespace':
    case 'account':
      return resource.name;
    case 'catalog':
    case 'site':
    case undefined:
      return undefined;
  }
}
