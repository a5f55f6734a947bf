/** What a manifest is, to people. */
export interface ArtifactKind {
  readonly name: string;
  /** Which command pulls it. */
  readonly tool: 'docker' | 'helm' | 'oras';
}

const IMAGE: ArtifactKind = { name: 'Image', tool: 'docker' };

const KNOWN: readonly (readonly [pattern: RegExp, name: string, tool: ArtifactKind['tool']])[] = [
  [/cncf\.helm\.config/, 'Helm chart', 'helm'],
  [/cncf\.helm\.(chart\.)?provenance/, 'Helm provenance', 'oras'],
  [/cosign\.simplesigning|dev\.cosign\.artifact\.sig|sigstore\.bundle/, 'Signature', 'oras'],
  [/cyclonedx|spdx|sbom/i, 'SBOM', 'oras'],
  [/in-toto|attestation|slsa/i, 'Attestation', 'oras'],
  [/cncf\.notary\.signature/, 'Notary signature', 'oras'],
  [/wasm/i, 'WebAssembly module', 'oras'],
  [/cnai\.model|ollama|kitops|modelpack/i, 'Model', 'oras'],
  [/buildkit\.cacheconfig/, 'Build cache', 'docker'],
  [/opa\.config|openpolicyagent/, 'Policy bundle', 'oras'],
  [/flux/, 'Flux configuration', 'oras'],
  [/docker\.plugin/, 'Docker plugin', 'docker'],
];

/** Which kind of thing it is, by its artifact type or the type of its config. */
export function artifactKind({
  kind,
  artifactType,
  mediaType,
}: {
  readonly kind?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly mediaType?: string | undefined;
}): ArtifactKind {
  const type = artifactType ?? '';
  const known = KNOWN.find(([pattern]) => pattern.test(type));
  if (known !== undefined) return { name: known[1], tool: known[2] };
  if (kind === 'image') return IMAGE;
  if (kind === 'index') return { ...IMAGE, name: 'Multi-platform image' };
  if (type !== '') return { name: 'Artifact', tool: 'oras' };
  return /index|manifest\.list/.test(mediaType ?? '')
    ? { ...IMAGE, name: 'Multi-platform image' }
    : IMAGE;
}

/** The command that pulls it, for each client that can; `host` is where the registry is. */
export function pullCommands(
  host: string,
  repository: string,
  reference: string,
  { tool }: ArtifactKind,
): readonly (readonly [client: string, command: string])[] {
  const digest = reference.includes(':');
  const name = `${host}/${repository}${digest ? '@' : ':'}${reference}`;
  switch (tool) {
    case 'docker':
      return [
        ['docker', `docker pull ${name}`],
        ['podman', `podman pull ${name}`],
        ['slipway', `slipway run --rm ${name}`],
      ];
    case 'helm':
      return [
        [
          'helm',
          digest
            ? `helm pull oci://${name}`
            : `helm pull oci://${host}/${repository} --version ${reference}`,
        ],
        ['oras', `oras pull ${name}`],
      ];
    case 'oras':
      return [['oras', `oras pull ${name}`]];
  }
}
