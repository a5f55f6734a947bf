/** The medium has no room left: the write cannot succeed until somebody makes some. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
}

/** The medium does not answer or refuses (unwritable folder, failing disk, unreachable server). */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}
