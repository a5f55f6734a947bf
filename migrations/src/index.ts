import type { MigrationInterface } from 'typeorm';
import { CreateRegistry1795435200000 } from './1795435200000-create-registry.ts';
import { CreateTenancy1795600000000 } from './1795600000000-create-tenancy.ts';
import { IndexAuditTimes1795600100000 } from './1795600100000-index-audit-times.ts';
import { CreateTagLedger1795700000000 } from './1795700000000-create-tag-ledger.ts';
import { AddImmutableTags1795700100000 } from './1795700100000-add-immutable-tags.ts';
import { CountPulls1795700200000 } from './1795700200000-count-pulls.ts';
import { CreateTrash1795700300000 } from './1795700300000-create-trash.ts';
import { AddRetention1795700400000 } from './1795700400000-add-retention.ts';
import { AddQuotas1795700500000 } from './1795700500000-add-quotas.ts';
import { CreateWebhooks1795700600000 } from './1795700600000-create-webhooks.ts';
import { DescribeManifests1795701000000 } from './1795701000000-describe-manifests.ts';
import { IndexTags1795701100000 } from './1795701100000-index-tags.ts';
import { AddReadmes1795701150000 } from './1795701150000-add-readmes.ts';
import { LayerIndexes1795800000000 } from './1795800000000-layer-indexes.ts';
import { AddLabels1795900000000 } from './1795900000000-add-labels.ts';

/** Every migration, oldest first. One that has landed is never edited. */
export const migrations: readonly (new () => MigrationInterface)[] = [
  CreateRegistry1795435200000,
  CreateTenancy1795600000000,
  IndexAuditTimes1795600100000,
  CreateTagLedger1795700000000,
  AddImmutableTags1795700100000,
  CountPulls1795700200000,
  CreateTrash1795700300000,
  AddRetention1795700400000,
  AddQuotas1795700500000,
  CreateWebhooks1795700600000,
  DescribeManifests1795701000000,
  IndexTags1795701100000,
  AddReadmes1795701150000,
  LayerIndexes1795800000000,
  AddLabels1795900000000,
];
