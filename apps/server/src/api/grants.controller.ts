import { Controller, Inject } from '@nestjs/common';
import { BASE, createGrant, deleteGrant, listGrants, whoMay } from '@slipway/api';
import type { RoleGrant } from '@slipway/metadata';
import { RegistryError, RoleGrants } from '@slipway/registry';
import { Answers } from './answers.ts';
import type { Call } from './call.ts';
import { pageOf } from './pages.ts';

@Controller(BASE)
export class GrantsController {
  readonly #grants: RoleGrants;

  constructor(@Inject(RoleGrants) grants: RoleGrants) {
    this.#grants = grants;
  }

  @Answers(listGrants)
  async list({ parameters, query }: Call<typeof listGrants>) {
    const { items, next } = await pageOf(
      query,
      (after, limit) =>
        this.#grants.list(parameters.namespace, query.repository, idOf(after || '0'), limit),
      ({ id }) => String(id),
    );
    return { items: items.map(toGrant), next };
  }

  @Answers(createGrant)
  async create({ parameters, body }: Call<typeof createGrant>) {
    const { pattern, role, ...holder } = body;
    return toGrant(await this.#grants.put(parameters.namespace, pattern, role, holder));
  }

  @Answers(deleteGrant)
  async delete({ parameters }: Call<typeof deleteGrant>) {
    await this.#grants.delete(parameters.namespace, idOf(parameters.grant));
  }

  @Answers(whoMay)
  async who({ parameters, query, resource }: Call<typeof whoMay>) {
    const held = await this.#grants.held(parameters.namespace, query.repository);
    const items = held.map(({ pattern, ...right }) => ({ ...right, repositories: pattern }));
    if (resource?.kind !== 'repository' || !resource.public) return { items };
    const { name } = resource;
    const everybody = {
      name: '',
      kind: 'everybody',
      role: 'pull',
      repositories: name,
      through: 'public',
    } as const;
    return { items: [everybody, ...items] };
  }
}

function toGrant(grant: RoleGrant) {
  return { ...grant, id: String(grant.id) };
}

function idOf(text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw new RegistryError('request-invalid', `${text} is no id of a grant`);
}
