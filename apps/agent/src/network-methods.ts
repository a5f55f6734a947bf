import type { Handler } from './agent.ts';
import { isReserved } from './network-mode.ts';

type NetworkMethod =
  | 'network-connect'
  | 'network-create'
  | 'network-disconnect'
  | 'network-inspect'
  | 'network-prune'
  | 'network-remove'
  | 'networks';

export const networkMethods: { readonly [Name in NetworkMethod]: Handler<Name> } = {
  'network-create': async ({ networks }, wish) => {
    const { id } = await networks.exclusively(() => networks.create(wish));
    return { id };
  },

  networks: async ({ networks }) => [...networks.list()],

  'network-inspect': async ({ networks, containers }, request) => {
    const network = networks.find(request.network);
    const inIt = containers.list().flatMap(({ id, name, attachment }) =>
      (attachment?.endpoints ?? [])
        .filter((endpoint) => endpoint.network === network.name)
        .map(({ address, address6 }) => ({
          ...{ id, name, address },
          ...(address6 !== undefined && { address6 }),
        })),
    );
    return { ...network, containers: inIt };
  },

  'network-remove': async ({ networks, containers }, { network }) => {
    await networks.exclusively(() => networks.remove(networks.find(network), containers.list()));
    return {};
  },

  'network-prune': async ({ networks, containers }) =>
    networks.exclusively(async () => {
      const used = new Set(
        containers.list().flatMap(({ memberships }) => memberships.map((each) => each.network)),
      );
      const unused = networks.list().filter(({ name }) => !used.has(name) && !isReserved(name));
      for (const network of unused) await networks.remove(network, containers.list());
      return unused.map(({ name }) => name);
    }),

  'network-connect': async ({ containers }, { container, ...membership }) => {
    await containers.connections.connect(containers.find(container).id, membership);
    return {};
  },

  'network-disconnect': async ({ containers }, { container, network }) => {
    await containers.connections.disconnect(containers.find(container).id, network);
    return {};
  },
};
