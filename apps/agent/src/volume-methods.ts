import type { Agent, Handler } from './agent.ts';
import { AgentError } from './errors.ts';
import type { VolumeRecord } from './volumes.ts';
import type { Result } from './wire.ts';

type VolumeMethod =
  'volume-create' | 'volume-inspect' | 'volume-prune' | 'volume-remove' | 'volumes';

export const volumeMethods: { readonly [Name in VolumeMethod]: Handler<Name> } = {
  'volume-create': async ({ volumes }, { name, labels }) => {
    const { name: chosen } = await volumes.create(name, labels);
    return { name: chosen };
  },

  volumes: async (agent) => agent.volumes.list().map((volume) => shown(agent, volume)),

  'volume-inspect': async (agent, { volume }) => shown(agent, agent.volumes.find(volume)),

  'volume-remove': async (agent, { volume }) => {
    const [user] = shown(agent, agent.volumes.find(volume)).usedBy;
    if (user !== undefined) {
      throw new AgentError('conflict', `${volume} is used by ${user}: slipway rm ${user}`);
    }
    await agent.volumes.remove(volume);
    return {};
  },

  'volume-prune': async (agent, { all }) => {
    const unused = agent.volumes
      .list()
      .filter((volume) => (all || volume.anonymous) && shown(agent, volume).usedBy.length === 0);
    for (const { name } of unused) await agent.volumes.remove(name);
    return unused.map(({ name }) => name);
  },
};

const shown = (
  { volumes, containers }: Agent,
  { name, created, labels, anonymous }: VolumeRecord,
): Result<'volume-inspect'> => ({
  name,
  created,
  labels,
  anonymous,
  mountpoint: volumes.mountpoint(name),
  usedBy: containers
    .list()
    .filter((container) => container.volumes.some((each) => each.name === name))
    .map((container) => container.name),
});
