/** The medium has no room left: the write cannot succeed until somebody makes some. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
}

/** The medium does not answer or refuses (unwritable folder, failing disk, unreachable server). */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** Bytes were appended to a key that is committed: what it holds is final. */
export class AlreadyCommittedError extends Error {
  override readonly name = 'AlreadyCommittedError';
}

/** Whoever was reading went away before the last byte; the store is not at fault. */
export class DestinationClosedError extends Error {
  override readonly name = 'DestinationClosedError';
}
