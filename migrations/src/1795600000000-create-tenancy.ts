import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTenancy1795600000000 implements MigrationInterface {
  readonly name = 'CreateTenancy1795600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Who owns a repository: the user or the organisation that its name begins with.
      create table namespaces (
        id bigint generated always as identity,
        name text collate "C" not null,
        kind text collate "C" not null,
        display_name text,
        -- Whether a push may create a repository here; owners may always.
        create_on_push boolean not null default true,
        created_at timestamptz not null default now(),
        constraint namespaces_pkey primary key (id),
        constraint namespaces_name_key unique (name),
        constraint namespaces_kind_check check (kind in ('user', 'organisation'))
      );

      -- Names that a namespace had before, under which pulls still find it.
      create table namespace_aliases (
        name text collate "C" not null,
        namespace_id bigint not null,
        created_at timestamptz not null default now(),
        constraint namespace_aliases_pkey primary key (name),
        constraint namespace_aliases_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade
      );
      create index namespace_aliases_namespace_id on namespace_aliases (namespace_id);

      insert into namespaces (name, kind) select username, 'user' from accounts;

      -- password_hash is null for who signs in elsewhere: origin says where, external_id who they are there.
      alter table accounts
        alter column password_hash drop not null,
        add column email text collate "C",
        add column display_name text,
        add column origin text collate "C" not null default 'local',
        add column external_id text collate "C",
        add column disabled_at timestamptz,
        add constraint accounts_origin_check check (origin in ('local', 'oidc', 'ldap')),
        add constraint accounts_external_id_key unique (origin, external_id),
        add constraint accounts_username_fkey
          foreign key (username) references namespaces (name) on update cascade;

      create table organisation_members (
        namespace_id bigint not null,
        account_id bigint not null,
        role text collate "C" not null,
        joined_at timestamptz not null default now(),
        constraint organisation_members_pkey primary key (namespace_id, account_id),
        constraint organisation_members_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade,
        constraint organisation_members_account_id_fkey
          foreign key (account_id) references accounts (id) on delete cascade,
        constraint organisation_members_role_check check (role in ('owner', 'member'))
      );
      create index organisation_members_account_id on organisation_members (account_id);

      create table teams (
        id bigint generated always as identity,
        namespace_id bigint not null,
        name text collate "C" not null,
        description text not null default '',
        created_at timestamptz not null default now(),
        constraint teams_pkey primary key (id),
        constraint teams_name_key unique (namespace_id, name),
        constraint teams_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade
      );

      -- Who leaves the organisation leaves its teams.
      create table team_members (
        team_id bigint not null,
        namespace_id bigint not null,
        account_id bigint not null,
        -- Put there by a group of the identity provider, which takes it away again.
        by_group boolean not null default false,
        constraint team_members_pkey primary key (team_id, account_id),
        constraint team_members_team_id_fkey
          foreign key (team_id) references teams (id) on delete cascade,
        constraint team_members_member_fkey
          foreign key (namespace_id, account_id)
          references organisation_members (namespace_id, account_id) on delete cascade
      );
      create index team_members_member on team_members (namespace_id, account_id);
      create index team_members_account_id on team_members (account_id);

      -- Groups of an identity provider whose people belong to a team.
      create table team_groups (
        team_id bigint not null,
        origin text collate "C" not null,
        name text collate "C" not null,
        constraint team_groups_pkey primary key (team_id, origin, name),
        constraint team_groups_team_id_fkey
          foreign key (team_id) references teams (id) on delete cascade,
        constraint team_groups_origin_check check (origin in ('oidc', 'ldap'))
      );
      create index team_groups_name on team_groups (origin, name);

      -- An account of no person, such as acme+ci. With repository, it belongs to that one alone.
      create table robots (
        id bigint generated always as identity,
        namespace_id bigint not null,
        name text collate "C" not null,
        repository text collate "C",
        description text not null default '',
        created_by text collate "C" not null,
        disabled_at timestamptz,
        created_at timestamptz not null default now(),
        constraint robots_pkey primary key (id),
        constraint robots_name_key unique (namespace_id, name),
        constraint robots_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade
      );

      -- A role on every repository of the namespace whose name, behind the namespace's, fits the pattern.
      create table role_grants (
        id bigint generated always as identity,
        namespace_id bigint not null,
        pattern text collate "C" not null,
        role text collate "C" not null,
        team_id bigint,
        account_id bigint,
        robot_id bigint,
        created_at timestamptz not null default now(),
        constraint role_grants_pkey primary key (id),
        constraint role_grants_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade,
        constraint role_grants_team_id_fkey
          foreign key (team_id) references teams (id) on delete cascade,
        constraint role_grants_account_id_fkey
          foreign key (account_id) references accounts (id) on delete cascade,
        constraint role_grants_robot_id_fkey
          foreign key (robot_id) references robots (id) on delete cascade,
        constraint role_grants_role_check check (role in ('pull', 'push', 'maintain', 'admin')),
        constraint role_grants_holder_check check (num_nonnulls(team_id, account_id, robot_id) = 1)
      );
      create unique index role_grants_team on role_grants (team_id, namespace_id, pattern)
        where team_id is not null;
      create unique index role_grants_account on role_grants (account_id, namespace_id, pattern)
        where account_id is not null;
      create unique index role_grants_robot on role_grants (robot_id, namespace_id, pattern)
        where robot_id is not null;
      create index role_grants_namespace_id on role_grants (namespace_id);

      -- Secrets of 256 random bits that stand for a person or a robot. Only their SHA-256 is kept.
      create table access_tokens (
        id uuid not null,
        hash bytea not null,
        account_id bigint,
        robot_id bigint,
        name text not null,
        -- [{"repositories": "acme/web-*", "actions": ["pull"]}, ...]; null: all that the owner may.
        scopes jsonb,
        -- Whether it opens the management API.
        api boolean not null default false,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        last_used_from text collate "C",
        constraint access_tokens_pkey primary key (id),
        constraint access_tokens_hash_key unique (hash),
        constraint access_tokens_account_id_fkey
          foreign key (account_id) references accounts (id) on delete cascade,
        constraint access_tokens_robot_id_fkey
          foreign key (robot_id) references robots (id) on delete cascade,
        constraint access_tokens_owner_check check (num_nonnulls(account_id, robot_id) = 1)
      );
      create index access_tokens_account_id on access_tokens (account_id);
      create index access_tokens_robot_id on access_tokens (robot_id);

      -- Whose signed identity tokens a robot is: the issuer, the audience, and what the claims must be.
      create table robot_trusts (
        id bigint generated always as identity,
        robot_id bigint not null,
        issuer text collate "C" not null,
        audience text collate "C" not null,
        claims jsonb not null,
        created_at timestamptz not null default now(),
        constraint robot_trusts_pkey primary key (id),
        constraint robot_trusts_robot_id_fkey
          foreign key (robot_id) references robots (id) on delete cascade
      );
      create index robot_trusts_robot_id on robot_trusts (robot_id);

      -- Browsers that have signed in. The cookie is a secret, of which the SHA-256 is kept.
      create table sessions (
        id uuid not null,
        hash bytea not null,
        -- The secret before, which requests that were under way may still bring for a moment.
        previous_hash bytea,
        account_id bigint not null,
        method text collate "C" not null,
        created_at timestamptz not null default now(),
        rotated_at timestamptz not null default now(),
        seen_at timestamptz not null default now(),
        expires_at timestamptz not null,
        address text collate "C" not null,
        client text not null,
        constraint sessions_pkey primary key (id),
        constraint sessions_hash_key unique (hash),
        constraint sessions_account_id_fkey
          foreign key (account_id) references accounts (id) on delete cascade
      );
      create index sessions_account_id on sessions (account_id);
      create index sessions_previous_hash on sessions (previous_hash) where previous_hash is not null;

      -- Links that let somebody in once: an invitation, or a new password.
      create table one_time_links (
        hash bytea not null,
        purpose text collate "C" not null,
        account_id bigint,
        namespace_id bigint,
        role text collate "C",
        email text collate "C",
        created_by text collate "C" not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        constraint one_time_links_pkey primary key (hash),
        constraint one_time_links_account_id_fkey
          foreign key (account_id) references accounts (id) on delete cascade,
        constraint one_time_links_namespace_id_fkey
          foreign key (namespace_id) references namespaces (id) on delete cascade,
        constraint one_time_links_purpose_check check (purpose in ('invitation', 'password-reset'))
      );
      create index one_time_links_namespace_id on one_time_links (namespace_id);
      create index one_time_links_account_id on one_time_links (account_id);

      -- What was done and refused, for ever. Names, not ids: it must say who it was after they are gone.
      create table audit_events (
        id bigint generated always as identity,
        at timestamptz not null default clock_timestamp(),
        actor text collate "C" not null,
        actor_kind text collate "C" not null,
        credential text collate "C" not null,
        action text collate "C" not null,
        resource text collate "C" not null,
        namespace text collate "C",
        outcome text collate "C" not null,
        address text collate "C" not null,
        client text not null,
        request_id text collate "C" not null,
        detail jsonb,
        constraint audit_events_pkey primary key (id),
        constraint audit_events_outcome_check check (outcome in ('done', 'refused', 'failed'))
      );
      create index audit_events_namespace on audit_events (namespace, id) where namespace is not null;
      create index audit_events_actor on audit_events (actor, id);

      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name;
      end $$;
      create trigger audit_events_append_only before update or delete on audit_events
        for each row execute function refuse_change();
      create trigger audit_events_keep before truncate on audit_events
        for each statement execute function refuse_change();

      -- Failed sign-ins by what they are counted for: an account's name, an address.
      create table sign_in_failures (
        key text collate "C" not null,
        failures integer not null,
        until timestamptz not null,
        constraint sign_in_failures_pkey primary key (key)
      );
      create index sign_in_failures_until on sign_in_failures (until);

      alter table repositories
        add column visibility text collate "C" not null default 'private',
        add column description text not null default '',
        add constraint repositories_visibility_check check (visibility in ('private', 'public'));

      -- Counts every change of who may do what, so that no replica believes an old answer.
      create table access_version (
        singleton boolean not null default true,
        version bigint not null default 1,
        constraint access_version_pkey primary key (singleton),
        constraint access_version_singleton_check check (singleton)
      );
      insert into access_version default values;

      create function note_access_change() returns trigger language plpgsql as $$
      begin
        update access_version set version = version + 1;
        perform pg_notify('access_changed', '');
        return null;
      end $$;

      create trigger access_changed after insert or update or delete on namespaces
        for each statement execute function note_access_change();
      create trigger access_changed after insert or delete on namespace_aliases
        for each statement execute function note_access_change();
      create trigger access_changed
        after insert or delete or update of username, password_hash, administrator, disabled_at, origin
        on accounts for each statement execute function note_access_change();
      create trigger access_changed after insert or update or delete on organisation_members
        for each statement execute function note_access_change();
      create trigger access_changed after update or delete on teams
        for each statement execute function note_access_change();
      create trigger access_changed after insert or update or delete on team_members
        for each statement execute function note_access_change();
      create trigger access_changed after update or delete on robots
        for each statement execute function note_access_change();
      create trigger access_changed after insert or update or delete on role_grants
        for each statement execute function note_access_change();
      create trigger access_changed after delete or update of hash, scopes, api, expires_at
        on access_tokens for each statement execute function note_access_change();
      create trigger access_changed after update or delete on robot_trusts
        for each statement execute function note_access_change();
      create trigger access_changed after delete or update of expires_at
        on sessions for each statement execute function note_access_change();
      create trigger access_changed after delete or update of name, visibility on repositories
        for each statement execute function note_access_change();
      create trigger access_changed_by_birth after insert on repositories
        for each row when (new.visibility <> 'private') execute function note_access_change();
      create trigger access_changed after insert or update or delete on signing_keys
        for each statement execute function note_access_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop trigger access_changed on signing_keys;
      drop trigger access_changed on repositories;
      drop trigger access_changed_by_birth on repositories;
      drop trigger access_changed on accounts;
      alter table repositories drop column visibility, drop column description;
      alter table accounts
        drop constraint accounts_username_fkey,
        drop constraint accounts_external_id_key,
        drop constraint accounts_origin_check,
        drop column email,
        drop column display_name,
        drop column origin,
        drop column external_id,
        drop column disabled_at;
      -- Whom the version before cannot know.
      delete from accounts where password_hash is null;
      alter table accounts alter column password_hash set not null;
      drop table access_version, sign_in_failures, audit_events, one_time_links, sessions,
        robot_trusts, access_tokens, role_grants, robots, team_groups, team_members, teams,
        organisation_members, namespace_aliases, namespaces;
      drop function note_access_change, refuse_change;
    `);
  }
}
