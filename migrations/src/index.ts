import type { MigrationInterface } from 'typeorm';
import { CreateRegistry1795435200000 } from './1795435200000-create-registry.ts';

/** Every migration, oldest first. One that has landed is never edited. */
export const migrations: readonly (new () => MigrationInterface)[] = [CreateRegistry1795435200000];
