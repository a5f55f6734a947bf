import {
  type Digest,
  DIGEST_FORM,
  parseDigest,
  parseRepositoryName,
  parseTag,
  REPOSITORY_NAME_FORM,
  type RepositoryName,
  type Tag,
  TAG_FORM,
} from '@slipway/oci';

/** `localhost:5000/acme/app:1@sha256:…`: what people type to name an image, and where it is. */
export interface ImageName {
  /** `host` or `host:port`. */
  readonly host: string;
  readonly repository: RepositoryName;
  readonly tag?: Tag;
  /** When there is one it decides, and the tag is only a word beside it. */
  readonly digest?: Digest;
}

const DEFAULT_HOST = 'docker.io';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

/**
 * Reads a name as Docker does: the part before the first slash is a host when it has a dot or a colon or is
 * `localhost`; without one it is Docker Hub's, without a tag and a digest it is `latest`.
 */
export function parseImageName(
  text: string,
): { readonly name: ImageName } | { readonly problem: string } {
  const [named = '', digestText, ...more] = text.split('@');
  if (more.length > 0) return { problem: `${quoted(text)} has more than one "@"` };
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  const hasHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const host = hasHost ? first : DEFAULT_HOST;
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const repository = parseRepositoryName(
    host === DEFAULT_HOST && !path.includes('/') ? `library/${path}` : path,
  );
  const tag = colon < 0 ? undefined : parseTag(rest.slice(colon + 1));
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (!HOST.test(host)) return { problem: `${quoted(host)} is not a host, or host:port` };
  if (repository === undefined) {
    return { problem: `${quoted(path)} is not a repository: ${REPOSITORY_NAME_FORM}` };
  }
  if (colon >= 0 && tag === undefined) {
    return { problem: `${quoted(rest.slice(colon + 1))} is not a tag: ${TAG_FORM}` };
  }
  if (digestText !== undefined && digest === undefined) {
    return { problem: `${quoted(digestText)} is not a digest: ${DIGEST_FORM}` };
  }
  const implied = tag === undefined && digest === undefined ? parseTag('latest') : tag;
  return {
    name: {
      host,
      repository,
      ...(implied !== undefined && { tag: implied }),
      ...(digest !== undefined && { digest }),
    },
  };
}

/** The name written out, from which `parseImageName` reads the same. */
export function imageNameText({ host, repository, tag, digest }: ImageName): string {
  const tagged = tag === undefined ? '' : `:${tag}`;
  return `${host}/${repository}${tagged}${digest === undefined ? '' : `@${digest}`}`;
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 300));
