import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AccountRow } from './account.row.ts';
import { RepositoryRow } from './repository.row.ts';

/** A repository that somebody wants to find again. */
@Entity('favourites')
@ForeignKey(() => AccountRow, ['account_id'], ['id'], {
  name: 'favourites_account_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => RepositoryRow, ['repository_id'], ['id'], {
  name: 'favourites_repository_id_fkey',
  onDelete: 'CASCADE',
})
@Index('favourites_repository_id', ['repository_id'])
export class FavouriteRow {
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'favourites_pkey' })
  account_id!: number;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'favourites_pkey' })
  repository_id!: number;
}
