import { Controller, Inject } from '@nestjs/common';
import {
  type Answered,
  BASE,
  listAllTrash,
  listTrash,
  listTrashedManifests,
  listTrashIn,
  purgeTrash,
  restoreTrash,
  showTrash,
} from '@slipway/api';
import type { Trashed, TrashFilter } from '@slipway/metadata';
import type { RepositoryName } from '@slipway/oci';
import { type Deletion, may, refusal, Resources, Trash } from '@slipway/registry';
import { Answers } from './answers.ts';
import { byOf } from './by.ts';
import type { Call } from './call.ts';
import { idOf, pageOf } from './pages.ts';

@Controller(BASE)
export class TrashController {
  readonly #resources: Resources;
  readonly #trash: Trash;

  constructor(@Inject(Resources) resources: Resources, @Inject(Trash) trash: Trash) {
    this.#resources = resources;
    this.#trash = trash;
  }

  @Answers(listTrash)
  async list({ parameters, query, identity }: Call<typeof listTrash>) {
    return this.#page(query, { ...parameters, orphans: identity.administrator });
  }

  @Answers(listTrashIn)
  async listIn({ parameters, query, identity }: Call<typeof listTrashIn>) {
    return this.#page(query, { ...parameters, orphans: identity.administrator });
  }

  @Answers(listAllTrash)
  async listAll({ query }: Call<typeof listAllTrash>) {
    return this.#page(query, { orphans: true });
  }

  @Answers(showTrash)
  async show(call: Call<typeof showTrash>) {
    return told(await this.#trash.show(deletionOf(call)));
  }

  @Answers(listTrashedManifests)
  async manifests(call: Call<typeof listTrashedManifests>) {
    return pageOf(
      call.query,
      (after, limit) => this.#trash.manifests(deletionOf(call), after, limit),
      ({ digest }) => digest,
    );
  }

  @Answers(restoreTrash)
  async restore(call: Call<typeof restoreTrash>): Promise<Answered<typeof restoreTrash>> {
    const deletion = deletionOf(call);
    const { to } = call.body;
    const { kind } = await this.#trash.show(deletion);
    if (kind === 'repository') {
      await this.#requireAdmin(call, deletion.repository);
      if (to !== undefined) await this.#requireAdmin(call, to);
    }
    return this.#trash.restore(deletion, to, byOf(call));
  }

  @Answers(purgeTrash)
  async purge(call: Call<typeof purgeTrash>) {
    await this.#trash.purge(deletionOf(call), byOf(call));
  }

  async #page(
    query: { readonly after?: string | undefined; readonly limit: number },
    filter: TrashFilter,
  ) {
    const before = idOf(query.after);
    return pageOf(
      query,
      async (_, limit) => (await this.#trash.list(filter, before, limit)).map(told),
      ({ id }) => id,
    );
  }

  async #requireAdmin({ identity }: Pick<Call, 'identity'>, name: RepositoryName): Promise<void> {
    const resource = await this.#resources.repository(name, 'administer');
    const decision = may(identity, 'administer', resource);
    if (!decision.allowed) throw refusal(identity, 'administer', resource, decision);
  }
}

/** By the name that was asked for: a repository that is deleted has no other. */
function deletionOf({
  parameters,
  identity,
}: Pick<Call<typeof showTrash>, 'parameters' | 'identity'>): Deletion {
  const { repository, deletion } = parameters;
  return { repository, id: Number(deletion), orphans: identity.administrator };
}

function told({ id, ...trashed }: Trashed) {
  return { ...trashed, id: String(id) };
}
