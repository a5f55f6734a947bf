import type { MigrationInterface } from 'typeorm';
import { CreateRegistry1795435200000 } from './1795435200000-create-registry.ts';
import { CreateTenancy1795600000000 } from './1795600000000-create-tenancy.ts';

/** Every migration, oldest first. One that has landed is never edited. */
export const migrations: readonly (new () => MigrationInterface)[] = [
  CreateRegistry1795435200000,
  CreateTenancy1795600000000,
];
