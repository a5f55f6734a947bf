import type { Asking, Endpoint } from '@slipway/api';
import { PASSWORD, type Tenancy } from './tenancy.ts';

type Values = Readonly<Record<string, string>>;

const REPOSITORIES: Values = { private: 'web', public: 'web-public', absent: 'web-absent' };

/** What is asked of an endpoint about what is there, or is not; by the example's body where nothing else is said. */
export function askingOf(endpoint: Endpoint, of: string, column: string, at: Tenancy): Asking {
  const values = valuesOf(endpoint, of, column, at);
  const names = Object.keys(endpoint.parameters.shape);
  const parameters = Object.fromEntries(names.map((name) => [name, values[name]]));
  const body =
    bodiesOf(of, at)[endpoint.id] ?? (endpoint.example.body as Record<string, unknown> | undefined);
  const query = queriesOf(of, at)[endpoint.id];
  return { parameters, ...(query !== undefined && { query }), ...(body !== undefined && { body }) };
}

function valuesOf({ id }: Endpoint, of: string, column: string, at: Tenancy): Values {
  const namespace = of === 'nowhere' ? at.nowhere : at.organisation;
  const whose = of === 'another' ? 'self' : ownerOf(column);
  const bound = of === 'private' ? ' private' : '';
  const absent = of === 'absent';
  const invited = id.startsWith('organisations.') ? 'invitation' : 'site invitation';
  return {
    namespace,
    organisation: namespace,
    repository: `${namespace}/${REPOSITORIES[of] ?? 'web'}`,
    username: absent ? at.nowhere : at.username(CONCERNED[id] ?? 'self'),
    team: 'crew',
    tag: 'latest',
    reference: 'latest',
    robot: absent ? 'not-there' : of === 'private' ? 'bound' : 'builder',
    grant: absent ? '999999999' : at.of(`grant${bound}`),
    secret: at.of(`secret${bound}`),
    trust: at.of(`trust${bound}`),
    token: at.of(`token ${whose}`),
    session: at.of(`session ${whose}`),
    invitation: at.of(invited),
    key: 'not-there',
    webhook: at.of('webhook'),
    delivery: at.of('delivery'),
    deletion: at.of(`deletion ${REPOSITORIES[of] ?? 'web'}`),
  };
}

/** Whom it is about, if that is not `self`. */
const CONCERNED: Values = {
  'organisations.add-member': 'outsider',
  'teams.add-member': 'member',
};

function ownerOf(column: string): string {
  if (['outsider', 'member', 'pusher', 'maintain', 'admin', 'self'].includes(column)) return column;
  return column.startsWith('site') ? 'site' : 'owner';
}

function bodiesOf(of: string, at: Tenancy): Readonly<Record<string, Record<string, unknown>>> {
  const { suffix, organisation, nowhere } = at;
  const repository = REPOSITORIES[of];
  const namespace = of === 'nowhere' ? nowhere : organisation;
  const secret = at.of('invitation secret');
  return {
    'account.change-password': { old: PASSWORD, new: 'correct horse battery staple' },
    'organisations.create': { name: `fresh-${suffix}`, owner: at.username('self') },
    'organisations.rename': { name: `labs-${suffix}` },
    'grants.create':
      repository === undefined
        ? { pattern: 'web-*', role: 'push', team: 'crew' }
        : { pattern: repository, role: 'pull', account: at.username('outsider') },
    'robots.create': { name: 'ci', ...(repository !== undefined && { repository }) },
    'repositories.create': { name: `${namespace}/${repository ?? 'web'}` },
    'tags.restore': {},
    'tags.delete': { tags: ['latest'] },
    'tags.rehearse-deletion': { tags: ['latest'] },
    'repositories.move': { name: `${namespace}/shop` },
    'accounts.create': { username: `ada-${suffix}`, displayName: 'Ada Lovelace' },
    'accounts.rename': { name: `lovelace-${suffix}` },
    'links.show': { secret },
    'links.accept': { secret, username: `grace-${suffix}`, password: 'correct horse battery' },
    'links.choose-password': {
      secret: at.of('reset secret'),
      password: 'correct horse battery',
    },
  };
}

function queriesOf(of: string, at: Tenancy): Readonly<Record<string, Values>> {
  const repository = REPOSITORIES[of];
  const ofRepository = repository === undefined ? {} : { repository };
  const why = { action: 'push', repository: `${at.organisation}/web` };
  return {
    'organisations.delete': { repositories: 'delete' },
    'files.compare': { from: 'latest', to: 'latest' },
    'files.search': { text: 'etc' },
    'images.compare': { from: 'latest', to: 'latest' },
    'teams.remove-group': { origin: 'oidc', name: 'staff' },
    'grants.list': ofRepository,
    'grants.who': ofRepository,
    'robots.list': ofRepository,
    why: of === 'another' ? { ...why, account: at.username('self') } : why,
  };
}
