import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LayerIndexes1795800000000 implements MigrationInterface {
  readonly name = 'LayerIndexes1795800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Layers whose files somebody wanted to see, each with what became of its index.
      create table layer_indexes (
        digest text collate "C" not null,
        -- waiting, indexing, indexed, refused
        state text collate "C" not null default 'waiting',
        -- Of the index, and of how this row is to be understood.
        format integer not null,
        -- Why it is refused, or what the last attempt met.
        reason text,
        -- The index; while it is written, the key that it will have.
        storage_key uuid,
        -- What it says of all.
        entries bigint,
        size bigint,
        attempts integer not null default 0,
        asked_at timestamptz not null default now(),
        -- When to begin; while it is indexed, when another may take it; null: never.
        next_attempt_at timestamptz default now(),
        constraint layer_indexes_pkey primary key (digest),
        constraint layer_indexes_storage_key_key unique (storage_key),
        constraint layer_indexes_digest_fkey
          foreign key (digest) references blobs (digest) on delete cascade,
        constraint layer_indexes_state_check
          check (state in ('waiting', 'indexing', 'indexed', 'refused'))
      );
      create index layer_indexes_next_attempt_at on layer_indexes (next_attempt_at)
        where next_attempt_at is not null;

      -- Whatever ends an index, its bytes go, after those who read it.
      create function discard_layer_index() returns trigger language plpgsql as $$
      begin
        insert into deletions (storage_key, delete_after)
          values (old.storage_key, now() + interval '1 hour') on conflict do nothing;
        return null;
      end $$;
      create trigger layer_indexes_removed after delete on layer_indexes
        for each row when (old.storage_key is not null) execute function discard_layer_index();
      create trigger layer_indexes_replaced after update on layer_indexes
        for each row when (old.storage_key is not null
          and old.storage_key is distinct from new.storage_key)
        execute function discard_layer_index();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      delete from layer_indexes;
      drop table layer_indexes;
      drop function discard_layer_index;
    `);
  }
}
