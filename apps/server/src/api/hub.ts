import { randomUUID } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import type { Metadata } from '@slipway/metadata';
import {
  AccessTokens,
  Accounts,
  Attachments,
  type Blobs,
  Explanations,
  Favourites,
  Files,
  type Founders,
  type GarbageTimes,
  type Identities,
  Images,
  Ledger,
  Links,
  type Manifests,
  Newsroom,
  Organisations,
  type Quotas,
  type Referrers,
  type Repositories,
  RepositoryLabels,
  type Resources,
  Retention,
  Robots,
  RoleGrants,
  TagDeletion,
  TagHistory,
  TagList,
  TagRules,
  Teams,
  Trash,
  Webhooks,
} from '@slipway/registry';
import type { BlobStore } from '@slipway/storage';
import { hashPassword, verifyPassword } from '../auth/passwords.ts';

/** What the management API speaks for. */
export interface Hub {
  readonly accessTokens: AccessTokens;
  readonly accounts: Accounts;
  readonly attachments: Attachments;
  readonly blobs: Blobs;
  readonly explanations: Explanations;
  readonly favourites: Favourites;
  readonly files: Files;
  readonly images: Images;
  readonly ledger: Ledger;
  readonly links: Links;
  readonly metadata: Metadata;
  readonly newsroom: Newsroom;
  readonly organisations: Organisations;
  readonly quotas: Quotas;
  readonly repositories: Repositories;
  readonly repositoryLabels: RepositoryLabels;
  readonly retention: Retention;
  readonly robots: Robots;
  readonly roleGrants: RoleGrants;
  readonly tagDeletion: TagDeletion;
  readonly tagHistory: TagHistory;
  readonly tagList: TagList;
  readonly tagRules: TagRules;
  readonly teams: Teams;
  readonly trash: Trash;
  readonly webhooks: Webhooks;
}

export function openHub(
  metadata: Metadata,
  store: BlobStore,
  identities: Identities,
  {
    blobs,
    manifests,
    quotas,
    referrers,
    repositories,
    resources,
  }: {
    readonly blobs: Blobs;
    readonly manifests: Manifests;
    readonly quotas: Quotas;
    readonly referrers: Referrers;
    readonly repositories: Repositories;
    readonly resources: Resources;
  },
  founders: Founders,
  times: GarbageTimes,
): Hub {
  const accounts = new Accounts(metadata, { hash: hashPassword, verify: verifyPassword }, times);
  const images = new Images(metadata, manifests, blobs);
  return {
    accessTokens: new AccessTokens(metadata, times.now, randomUUID),
    accounts,
    attachments: new Attachments(manifests, referrers),
    blobs,
    explanations: new Explanations(metadata, identities, resources),
    favourites: new Favourites(metadata, accounts, resources),
    files: new Files(metadata, store, images),
    images,
    ledger: new Ledger(metadata),
    links: new Links(metadata, accounts),
    metadata,
    newsroom: new Newsroom(metadata),
    organisations: new Organisations(metadata, founders, times),
    quotas,
    repositories,
    repositoryLabels: new RepositoryLabels(metadata, images),
    retention: new Retention(metadata, times),
    robots: new Robots(metadata),
    roleGrants: new RoleGrants(metadata),
    tagDeletion: new TagDeletion(metadata, times),
    tagHistory: new TagHistory(metadata),
    tagList: new TagList(metadata, images),
    tagRules: new TagRules(metadata),
    teams: new Teams(metadata),
    trash: new Trash(metadata, times),
    webhooks: new Webhooks(metadata),
  };
}

/** Each under its class, for the controllers. */
export function providersOf(hub: Hub): readonly Provider[] {
  return Object.values(hub).map((each: object) => ({ provide: each.constructor, useValue: each }));
}
