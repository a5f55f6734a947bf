import { createHash } from 'node:crypto';
import type { Random } from '../random.ts';
import { expectStatus, ociError, UnexpectedAnswer, type RequestOptions } from '../wire.ts';
import type { Fleet, Told } from './fleet.ts';
import { KEPT, type Known, RepositoryModel, RETAINED } from './model.ts';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const JSON_BODY = { 'content-type': 'application/json' };

/** Manifests in one repository. */
const MANY = 30;
/** Blobs that half of all pushes are of. */
const POPULAR = 20;

const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Bytes that all workers push again and again, so that their ends and beginnings meet. */
export function poolOf(random: Random, size: number): ReadonlyMap<string, Buffer> {
  const blobs = Array.from({ length: size }, () => random.bytes(50 + random.integer(2000)));
  return new Map(blobs.map((bytes) => [digestOf(bytes), bytes]));
}

/** Does things to a repository that nobody else changes, and knows what it must have afterwards. */
export class Worker {
  readonly repository: string;
  readonly model = new RepositoryModel();
  readonly #fleet: Fleet;
  readonly #pool: ReadonlyMap<string, Buffer>;
  readonly #random: Random;
  readonly #others: readonly string[];
  #made = 0;

  constructor(
    fleet: Fleet,
    pool: ReadonlyMap<string, Buffer>,
    random: Random,
    repository: string,
    others: readonly string[],
  ) {
    this.#fleet = fleet;
    this.#pool = pool;
    this.#random = random;
    this.repository = repository;
    this.#others = others;
  }

  /** One of the things that people do, in about the proportions in which they do them. */
  async doSomething(): Promise<void> {
    // So that things end as often as they begin, and blobs with them.
    if (this.model.manifests.size > MANY) return this.#deleteManifest();
    if (this.model.trash.length > MANY / 3) return this.#purge();
    const chance = this.#random.integer(100);
    if (chance < 4) return this.#pushBlob(this.#someBlob(), false);
    if (chance < 34) return this.#pushImage();
    if (chance < 40) return this.#pushIndex();
    if (chance < 45) return this.#pushReferrer();
    if (chance < 57) return this.#moveTag();
    if (chance < 63) return this.#deleteTag();
    if (chance < 71) return this.#deleteManifest();
    if (chance < 77) return this.#restore();
    if (chance < 83) return this.#purge();
    if (chance < 87) return this.#retain();
    if (chance < 88) return this.#deleteRepository();
    return this.#look();
  }

  /** Reads all that must be there, and finds nothing else. */
  async verify(): Promise<void> {
    const { model } = this;
    for (const known of model.manifests.values()) await this.#verify(known.digest, known);
    for (const [tag, { digest }] of model.tags) {
      await this.#verify(tag, this.#known(digest));
    }
    const listed = await this.#ask('GET', `/v2/${this.repository}/tags/list`);
    const tags =
      listed.status === 404 ? [] : (JSON.parse(listed.body.toString()) as { tags: string[] }).tags;
    expect(tags).toEqual([...model.tags.keys()].sort());
    expect((await this.#deletions()).length).toBe(model.trash.length);
  }

  /** Empties the trash: nothing that was deleted comes back any more. */
  async purgeAll(): Promise<void> {
    while (this.model.trash.length > 0) await this.#purge();
  }

  async begin(): Promise<void> {
    const path = '/api/v1/repositories';
    const made = await this.#ask('POST', path, {
      headers: JSON_BODY,
      body: Buffer.from(JSON.stringify({ name: this.repository })),
    });
    expectStatus(made, 201, ...(made.again ? [409] : []));
    const rules = [{ tags: [`${RETAINED}*`], keepLast: KEPT }];
    expectStatus(
      await this.#ask('PUT', this.#api('/retention'), {
        headers: JSON_BODY,
        body: Buffer.from(JSON.stringify({ rules })),
      }),
      200,
    );
  }

  async #pushImage(): Promise<void> {
    const blobs = Array.from({ length: 1 + this.#random.integer(3) }, () => this.#someBlob());
    const [config = '', ...layers] = [...new Set(blobs)];
    await this.#push(this.#image(config, layers, undefined), this.#someTag());
  }

  async #pushReferrer(): Promise<void> {
    const subject = this.#someManifest();
    if (subject === undefined) return this.#pushImage();
    await this.#push(this.#image(this.#someBlob(), [], subject), undefined);
  }

  async #pushIndex(): Promise<void> {
    const [one, other] = [this.#someManifest(), this.#someManifest()];
    if (one === undefined || other === undefined) return this.#pushImage();
    const manifests = [...new Set([one, other])].map((known) => ({
      mediaType: known.mediaType,
      digest: known.digest,
      size: known.bytes.length,
    }));
    const bytes = json({ schemaVersion: 2, mediaType: INDEX, manifests, annotations: this.#id() });
    const children = manifests.map(({ digest }) => digest);
    const known = {
      ...{ digest: digestOf(bytes), bytes, mediaType: INDEX },
      ...{ blobs: [], children, subject: undefined },
    };
    await this.#push(known, this.#someTag());
  }

  async #moveTag(): Promise<void> {
    const known = this.#someManifest();
    if (known === undefined) return this.#pushImage();
    await this.#push(known, this.#someTag());
  }

  async #deleteTag(): Promise<void> {
    const tags = [...this.model.tags.keys()];
    if (tags.length === 0) return this.#pushImage();
    const tag = this.#random.pick(tags);
    this.#gone(await this.#ask('DELETE', `/v2/${this.repository}/manifests/${tag}`), 202);
    this.model.deleteTag(tag);
  }

  async #deleteManifest(): Promise<void> {
    const known = this.#someManifest();
    if (known === undefined) return this.#pushImage();
    const answer = await this.#ask('DELETE', `/v2/${this.repository}/manifests/${known.digest}`);
    if (this.model.isListed(known.digest)) {
      expectStatus(answer, 409);
      return;
    }
    this.#gone(answer, 202);
    this.model.deleteManifest(known.digest);
  }

  async #restore(): Promise<void> {
    const index = this.#someDeletion();
    if (index === undefined) return this.#pushImage();
    const id = await this.#deletion(index);
    const path = this.#api(`/trash/${id}/restore`);
    this.#gone(await this.#ask('POST', path, { headers: JSON_BODY, body: Buffer.from('{}') }), 200);
    this.model.restore(index);
  }

  async #purge(): Promise<void> {
    const index = this.#someDeletion();
    if (index === undefined) return this.#pushImage();
    const id = await this.#deletion(index);
    this.#gone(await this.#ask('DELETE', this.#api(`/trash/${id}`)), 204);
    this.model.purge(index);
  }

  async #retain(): Promise<void> {
    const answer = await this.#ask('POST', this.#api('/retention/application'));
    expectStatus(answer, 200);
    this.model.retain();
  }

  /** All of it, and back again or for good. */
  async #deleteRepository(): Promise<void> {
    this.#gone(await this.#ask('DELETE', this.#api('')), 204);
    const [deletion] = await this.#deletions();
    if (deletion?.kind !== 'repository') throw new Error(`${this.repository} is not in the trash`);
    if (this.#random.integer(2) === 0) {
      const path = this.#api(`/trash/${deletion.id}/restore`);
      const body = Buffer.from('{}');
      this.#gone(await this.#ask('POST', path, { headers: JSON_BODY, body }), 200);
      return;
    }
    this.#gone(await this.#ask('DELETE', this.#api(`/trash/${deletion.id}`)), 204);
    this.model.clear();
    await this.begin();
  }

  async #look(): Promise<void> {
    const known = this.#someManifest();
    if (known !== undefined) await this.#verify(known.digest, known);
  }

  async #verify(reference: string, known: Known): Promise<void> {
    const accept = { accept: known.mediaType };
    const path = `/v2/${this.repository}/manifests/${reference}`;
    const manifest = expectStatus(await this.#ask('GET', path, { headers: accept }), 200);
    expect(digestOf(manifest.body)).toBe(known.digest);
    for (const digest of known.blobs) {
      const blob = expectStatus(
        await this.#ask('GET', `/v2/${this.repository}/blobs/${digest}`),
        200,
      );
      expect(digestOf(blob.body)).toBe(digest);
    }
  }

  /** Pushes what it points at and the manifest, as often as it takes: without grace, blobs go between the two. */
  async #push(known: Known, tag: string | undefined): Promise<void> {
    const path = `/v2/${this.repository}/manifests/${tag ?? known.digest}`;
    const options = { headers: { 'content-type': known.mediaType }, body: known.bytes };
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#ask('PUT', path, options);
      if (answer.status === 201) break;
      if (attempt === 200 || ociError(answer).code !== 'MANIFEST_BLOB_UNKNOWN') {
        throw new UnexpectedAnswer(answer, [201]);
      }
      await Promise.all(known.blobs.map((digest) => this.#pushBlob(digest, attempt > 3)));
    }
    this.model.push(known, tag);
  }

  async #pushBlob(digest: string, hurried: boolean): Promise<void> {
    const bytes = this.#pool.get(digest);
    if (bytes === undefined) throw new Error(`nobody has the bytes of ${digest}`);
    const uploads = `/v2/${this.repository}/blobs/uploads/`;
    const type = { 'content-type': 'application/octet-stream' };
    const chance = hurried ? 0 : this.#random.integer(4);
    if (chance === 1) {
      const head = await this.#ask('HEAD', `/v2/${this.repository}/blobs/${digest}`);
      if (head.status === 200) return;
    }
    if (chance < 2) {
      const path = `${uploads}?digest=${digest}`;
      expectStatus(await this.#ask('POST', path, { headers: type, body: bytes }), 201);
      return;
    }
    const from = chance === 2 ? `?mount=${digest}&from=${this.#random.pick(this.#others)}` : '';
    const opened = await this.#ask('POST', uploads + from, { body: Buffer.alloc(0) });
    if (expectStatus(opened, 201, 202).status === 201) return;
    const location = new URL(opened.headers.location ?? '', 'http://localhost');
    location.searchParams.set('digest', digest);
    const put = await this.#ask('PUT', location.pathname + location.search, {
      headers: type,
      body: bytes,
    });
    // Some of it may have been taken before: whether the blob is there, the push of the manifest says.
    if (!put.again) expectStatus(put, 201);
  }

  #image(config: string, layers: readonly string[], subject: Known | undefined): Known {
    const descriptor = (digest: string, mediaType: string) => ({
      mediaType,
      digest,
      size: this.#pool.get(digest)?.length,
    });
    const bytes = json({
      schemaVersion: 2,
      mediaType: IMAGE,
      artifactType: 'application/vnd.example.test',
      config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map((layer) => descriptor(layer, 'application/vnd.oci.image.layer.v1.tar')),
      annotations: this.#id(),
      ...(subject && {
        subject: {
          mediaType: subject.mediaType,
          digest: subject.digest,
          size: subject.bytes.length,
        },
      }),
    });
    return {
      ...{ digest: digestOf(bytes), bytes, mediaType: IMAGE },
      ...{ blobs: [config, ...layers], children: [], subject: subject?.digest },
    };
  }

  /** Most manifests are new; some are pushed by several, or again. */
  #id(): Readonly<Record<string, string>> {
    const one = this.#random.integer(5) === 0 ? this.#random.integer(20) : ++this.#made;
    return { made: this.#random.integer(5) === 0 ? 'alike' : `${this.repository}/${one}` };
  }

  #someBlob(): string {
    const digests = [...this.#pool.keys()];
    return this.#random.pick(this.#random.integer(2) === 0 ? digests : digests.slice(0, POPULAR));
  }

  #someTag(): string | undefined {
    const chance = this.#random.integer(10);
    if (chance < 2) return undefined;
    return chance < 7 ? `${RETAINED}${this.#random.integer(8)}` : `v${this.#random.integer(5)}`;
  }

  #someManifest(): Known | undefined {
    const all = [...this.model.manifests.values()];
    return all.length === 0 ? undefined : this.#random.pick(all);
  }

  #someDeletion(): number | undefined {
    const { length } = this.model.trash;
    return length === 0 ? undefined : this.#random.integer(length);
  }

  #known(digest: string): Known {
    const known = this.model.manifests.get(digest);
    if (known === undefined) throw new Error(`the model has no ${digest}`);
    return known;
  }

  /** The number that the deletion has; by their times, newest first, they are those of the model. */
  async #deletion(index: number): Promise<string> {
    const listed = await this.#deletions();
    expect(listed.length).toBe(this.model.trash.length);
    const found = listed[listed.length - 1 - index];
    if (found === undefined) throw new Error(`${this.repository} has no deletion ${index}`);
    expect(found.manifests).toBe(this.model.trash[index]?.manifests.size);
    return found.id;
  }

  async #deletions(): Promise<
    readonly { readonly id: string; readonly kind: string; readonly manifests: number }[]
  > {
    const answer = await this.#ask('GET', this.#api('/trash?limit=1000'));
    const { items } = JSON.parse(expectStatus(answer, 200).body.toString()) as {
      items: { id: string; kind: string; manifests: number }[];
    };
    return items;
  }

  /** What was done and not heard of is not there to be done again. */
  #gone(answer: Told, status: number): void {
    expectStatus(answer, status, ...(answer.again ? [404] : []));
  }

  async #ask(method: string, path: string, options?: RequestOptions): Promise<Told> {
    return this.#fleet.ask(this.#random, method, path, options);
  }

  #api(path: string): string {
    return `/api/v1/repositories/${encodeURIComponent(this.repository)}${path}`;
  }
}

function json(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}
