/** Settings by their Postgres names. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

/**
 * What suits a registry beside one server process. They are given on the command line, so that a cluster
 * made by an earlier version runs with those of this one.
 */
const SETTINGS: PostgresSettings = {
  // The only way in is the socket, in a directory that nobody else may enter.
  listen_addresses: '',
  port: 5432,
  unix_socket_directories: '../run',
  unix_socket_permissions: '0700',
  max_connections: 60,

  // An acknowledged transaction survives a loss of power.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  // Nobody replicates from here, and short transactions gain nothing from parallel workers.
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_logical_replication_workers: 0,
  max_parallel_workers: 0,
  max_worker_processes: 2,
  io_method: 'sync',
  jit: 'off',

  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  autovacuum_max_workers: 2,
  autovacuum_worker_slots: 2,
  min_wal_size: '64MB',
  max_wal_size: '512MB',

  // A week of logs: each day's file begins anew.
  logging_collector: 'on',
  log_directory: '../log',
  log_filename: '%a.log',
  log_file_mode: '0600',
  log_rotation_age: '1d',
  log_rotation_size: 0,
  log_truncate_on_rotation: 'on',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

export function settingsAsArguments(changes: PostgresSettings = {}): readonly string[] {
  return Object.entries({ ...SETTINGS, ...changes }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
}
