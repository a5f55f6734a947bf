import { hash, randomUUID } from 'node:crypto';
import type { Metadata, Tables } from '@slipway/metadata';
import { aTag, named } from '@slipway/metadata/testing';
import { type Digest, digestOf, type NamePattern, type RepositoryName } from '@slipway/oci';
import { newSecret } from '@slipway/registry';
import { hashPassword } from '../auth/passwords.ts';
import { basic } from './test-app.ts';

/** Everybody's, and of one hash: these tests are about neither. */
export const PASSWORD = 'the same for everybody';
const passwordHash = hashPassword(PASSWORD);

const PEOPLE = [
  ...['outsider', 'member', 'pusher', 'maintain', 'admin'],
  ...['self', 'owner', 'disabled', 'site', 'founder'],
];
const DAY = 86_400;

let count = 0;

/** An organisation with everybody and everything that the management API can be asked about, under names of its own. */
export class Tenancy {
  readonly organisation: string;
  /** What there is none of. */
  readonly nowhere: string;
  readonly suffix: string;
  /** Ids and secrets: `grant`, `grant private`, `token owner`. */
  readonly made = new Map<string, string>();
  /** The `Authorization` of each column but those that differ from request to request. */
  readonly headers = new Map<string, string>();
  readonly #metadata: Metadata;
  readonly #people = new Map<string, number>();

  private constructor(metadata: Metadata) {
    this.suffix = String(++count).padStart(4, '0');
    this.organisation = `acme-${this.suffix}`;
    this.nowhere = `none-${this.suffix}`;
    this.#metadata = metadata;
  }

  static async make(metadata: Metadata): Promise<Tenancy> {
    const tenancy = new Tenancy(metadata);
    await Promise.all(PEOPLE.map((role) => tenancy.#person(role)));
    await tenancy.#organisation();
    metadata.access.changed();
    return tenancy;
  }

  username(role: string): string {
    return `${role}-${this.suffix}`;
  }

  of(key: string): string {
    const value = this.made.get(key);
    if (value === undefined) throw new Error(`there is no ${key}`);
    return value;
  }

  async #person(role: string): Promise<void> {
    const { accounts, sessions } = this.#metadata.tables;
    const username = this.username(role);
    const administrator = role === 'site';
    const made = await accounts.insert({
      username,
      administrator,
      passwordHash: await passwordHash,
    });
    const id = made?.id ?? 0;
    this.#people.set(role, id);
    this.headers.set(role, basic(username, PASSWORD));
    const owner = { kind: 'account', id } as const;
    this.made.set(`token ${role}`, (await this.#token(owner)).id);
    const session = { id: randomUUID(), accountId: id, method: 'password', hash: newSecret().hash };
    const times = { createdAt: new Date(), expiresAt: new Date(Date.now() + DAY * 1000) };
    await sessions.insert({ ...session, ...times, address: '192.0.2.1', client: 'a test' });
    this.made.set(`session ${role}`, session.id);
    if (role === 'disabled') {
      this.headers.set('token of disabled', basic(username, (await this.#token(owner)).secret));
      await accounts.setDisabled(id, true);
    }
    if (role === 'site') {
      this.headers.set('sitetoken', `Bearer ${(await this.#token(owner)).secret}`);
    }
    if (role !== 'owner') return;
    const scopes = [
      { repositories: `${this.organisation}/*`, actions: ['pull' as const, 'push' as const] },
    ];
    this.headers.set('token', `Bearer ${(await this.#token(owner)).secret}`);
    this.headers.set('api', `Bearer ${(await this.#token(owner, { api: true })).secret}`);
    this.headers.set(
      'scoped',
      `Bearer ${(await this.#token(owner, { api: true, scopes })).secret}`,
    );
  }

  async #token(
    owner: { readonly kind: 'account' | 'robot'; readonly id: number },
    {
      api = false,
      scopes = null,
    }: {
      readonly api?: boolean;
      readonly scopes?: { repositories: string; actions: ('pull' | 'push')[] }[] | null;
    } = {},
  ) {
    const { secret, hash } = newSecret();
    const id = randomUUID();
    const token = { id, hash, owner, name: 'a test', scopes, api, expiresAt: undefined };
    await this.#metadata.tables.accessTokens.insert(token);
    return { id, secret };
  }

  async #organisation(): Promise<void> {
    const { tables } = this.#metadata;
    const { namespaces, organisationMembers, repositories, roleGrants, teams } = tables;
    const made = await namespaces.insertOrganisation({
      ...{ name: this.organisation, displayName: undefined, createOnPush: true },
    });
    const id = made?.id ?? 0;
    const person = (role: string) => this.#people.get(role) ?? 0;
    for (const role of ['member', 'pusher', 'self']) {
      await organisationMembers.put(id, person(role), 'member');
    }
    for (const role of ['owner', 'founder']) {
      await organisationMembers.put(id, person(role), 'owner');
    }
    for (const name of ['web', 'web-public']) {
      await repositories.insert({
        name: named(`${this.organisation}/${name}`),
        description: '',
        visibility: name === 'web' ? 'private' : 'public',
      });
      await tagTwice(tables, named(`${this.organisation}/${name}`));
      this.made.set(
        `deletion ${name}`,
        await deleteOne(tables, named(`${this.organisation}/${name}`)),
      );
    }
    this.made.set('deletion web-absent', '999999999');
    const grant = async (
      pattern: string,
      role: 'pull' | 'push' | 'maintain' | 'admin',
      holder: Parameters<typeof roleGrants.put>[3],
    ) => String(await roleGrants.put(id, pattern as NamePattern, role, holder));
    for (const role of ['maintain', 'admin'] as const) {
      const holder = { kind: 'account', id: person(role) } as const;
      this.made.set('grant private', await grant('web', role, holder));
    }
    const pushers = (await teams.insert(id, 'pushers', ''))?.id ?? 0;
    await teams.addMember(pushers, id, person('pusher'));
    this.made.set('grant', await grant('web*', 'push', { kind: 'team', id: pushers }));
    const crew = (await teams.insert(id, 'crew', ''))?.id ?? 0;
    await teams.addMember(crew, id, person('self'));
    await teams.addGroup(crew, { origin: 'oidc', name: 'staff' });
    for (const [of, name, repository] of [
      ['', 'builder', undefined],
      [' private', 'bound', 'web'],
    ] as const) {
      const fields = { name, repository, description: '', createdBy: 'a test' };
      const robot = (await tables.robots.insert(id, fields))?.id ?? 0;
      const token = await this.#token({ kind: 'robot', id: robot });
      this.made.set(`secret${of}`, token.id);
      const trusted = { issuer: 'https://ci.example.org', audience: 'x', claims: { ref: 'main' } };
      this.made.set(`trust${of}`, String((await tables.robots.addTrust(robot, trusted)).id));
      if (repository !== undefined) continue;
      await grant('web*', 'pull', { kind: 'robot', id: robot });
      this.headers.set('robot', basic(`${this.organisation}+${name}`, token.secret));
    }
    const hook = await tables.webhooks.insert(id, {
      ...{ name: 'a test', url: 'https://example.org/', secret: 'whsec_', events: ['push'] },
      ...{ format: 'cloudevents', createdBy: 'a test' },
    });
    this.made.set('webhook', String(hook.id));
    const happened = {
      ...{ at: new Date(0).toISOString(), action: 'webhooks.ping', actor: '', resource: '' },
      ...{ address: '', client: '', requestId: '', detail: null },
    };
    this.made.set('delivery', String(await tables.webhooks.tell(hook.id, 'ping', happened)));
    await this.#link('invitation', { namespace: id, role: 'member' });
    await this.#link('site invitation', {});
    await this.#link('reset', { account: person('self') });
  }

  async #link(
    key: string,
    to: { readonly account?: number; readonly namespace?: number; readonly role?: 'member' },
  ): Promise<void> {
    const { secret, hash } = newSecret();
    const link = {
      ...{ hash, purpose: key === 'reset' ? ('password-reset' as const) : ('invitation' as const) },
      ...{ account: to.account, namespace: to.namespace, role: to.role },
      ...{ email: undefined, createdBy: 'a test' },
    };
    await this.#metadata.tables.oneTimeLinks.insert(link, DAY);
    this.made.set(key, hash.toString('base64url'));
    this.made.set(`${key} secret`, secret);
  }
}

/** A tag that has a past. */
async function tagTwice(tables: Tables, repository: RepositoryName): Promise<void> {
  const id = await tables.repositories.ensure(repository);
  for (const version of ['1', '2']) {
    await tables.tags.set(id, aTag('latest'), await putManifest(tables, id, version));
  }
}

/** The number of a deletion. */
async function deleteOne(tables: Tables, repository: RepositoryName): Promise<string> {
  const of = await tables.repositories.ensure(repository);
  const event = { action: 'manifest.delete', actor: 'a test' };
  const deletion = await tables.trash.begin(of, { event, delay: DAY });
  await tables.trash.putManifests(deletion, of, [await putManifest(tables, of, '0')]);
  return String(deletion);
}

async function putManifest(tables: Tables, id: number, version: string): Promise<Digest> {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const annotations = { version };
  const document = { schemaVersion: 2, mediaType, manifests: [], annotations };
  const content = Buffer.from(JSON.stringify(document));
  const digest = digestOf('sha256', hash('sha256', content, 'hex'));
  const more = {
    ...{ subject: undefined, artifactType: undefined, annotations: undefined },
    ...{ kind: 'index' as const, layersSize: 0, platforms: [] },
  } as const;
  const manifest = { digest, mediaType, size: content.length, content, ...more } as const;
  await tables.manifests.put(id, manifest, []);
  return digest;
}
