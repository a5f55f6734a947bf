import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Counts every change of who may do what. Triggers on the tables concerned keep it. */
@Entity('access_version')
@Check('access_version_singleton_check', 'singleton')
export class AccessVersionRow {
  @PrimaryColumn({
    type: 'boolean',
    default: true,
    primaryKeyConstraintName: 'access_version_pkey',
  })
  singleton!: boolean;

  @Column({ type: 'bigint', default: 1 })
  version!: number;
}
