const MOST = 1000;

/**
 * A `Warning` header, which clients show to people (distribution-spec v1.1, spec.md#warnings): code 299,
 * agent `-`, no date. podman parses it strictly and takes 4096 bytes at most from all of them.
 */
export function warning(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, "'");
  return `299 - "${printable.slice(0, MOST)}"`;
}
