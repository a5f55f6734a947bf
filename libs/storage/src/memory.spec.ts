import { blobStoreContract } from './blob-store.contract.ts';
import { MemoryBlobStore, MemoryMedium } from './memory.ts';
import { parseStorageKey } from './storage-key.ts';

const medium = new MemoryMedium();
blobStoreContract('MemoryBlobStore', async () => new MemoryBlobStore(medium));

describe('two MemoryBlobStores without a common medium', () => {
  it('know nothing of each other', async () => {
    const key = parseStorageKey('0b6e7f0e-3c5c-4b5e-9a63-0d3c1c0f9f11');
    const ingest = await new MemoryBlobStore().ingest(key);
    await ingest.commit();
    expect(await new MemoryBlobStore().stat(key)).toBeUndefined();
  });
});
