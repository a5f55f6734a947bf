import type { Provider, Type } from '@nestjs/common';
import { AccountController } from './account.controller.ts';
import { AccountsController } from './accounts.controller.ts';
import { Admission } from './admission.ts';
import { Asker } from './asker.ts';
import { AuditController } from './audit.controller.ts';
import { BlobsController } from './blobs.controller.ts';
import { DoctorController } from './doctor.controller.ts';
import { DocumentController } from './document.controller.ts';
import { FilesController } from './files.controller.ts';
import { Gate } from './gate.ts';
import { GrantsController } from './grants.controller.ts';
import { type Hub, providersOf } from './hub.ts';
import { ImagesController } from './images.controller.ts';
import { Invites } from './invites.ts';
import { SigningKeysController } from './keys.controller.ts';
import { LedgerController } from './ledger.controller.ts';
import { LinkPageController, LinksController } from './links.controller.ts';
import { NewsController } from './news.controller.ts';
import { OrganisationsController } from './organisations.controller.ts';
import { QuotasController } from './quotas.controller.ts';
import { RepositoriesController } from './repositories.controller.ts';
import { RetentionController } from './retention.controller.ts';
import { RobotsController } from './robots.controller.ts';
import { SessionsController } from './sessions.controller.ts';
import { TagRulesController } from './tag-rules.controller.ts';
import { TagsController } from './tags.controller.ts';
import { TeamsController } from './teams.controller.ts';
import { TokensController } from './tokens.controller.ts';
import { TrashController } from './trash.controller.ts';
import { WebhooksController } from './webhooks.controller.ts';
import { WhyController } from './why.controller.ts';
import { type Witness, WITNESS } from './witness.ts';

/** What the management API needs, made before the app. */
export interface ApiParts {
  readonly hub: Hub;
  readonly invites: Invites;
  readonly witness: Witness;
}

export const API_CONTROLLERS: readonly Type[] = [
  AccountController,
  AccountsController,
  AuditController,
  BlobsController,
  DoctorController,
  DocumentController,
  FilesController,
  GrantsController,
  ImagesController,
  LedgerController,
  LinkPageController,
  LinksController,
  NewsController,
  OrganisationsController,
  QuotasController,
  RepositoriesController,
  RetentionController,
  RobotsController,
  SessionsController,
  SigningKeysController,
  TagRulesController,
  TagsController,
  TeamsController,
  TokensController,
  TrashController,
  WebhooksController,
  WhyController,
];

export function apiProviders({ hub, invites, witness }: ApiParts): readonly Provider[] {
  return [
    ...providersOf(hub),
    { provide: Invites, useValue: invites },
    { provide: WITNESS, useValue: witness },
    Admission,
    Asker,
    Gate,
  ];
}
