import type { AccountId, RobotId } from '@slipway/metadata';

/** What somebody proved who they are with. It is looked at again whenever they ask for something. */
export type Credential =
  /** A password, known by a fingerprint of its hash. */
  | { readonly kind: 'password'; readonly id: string }
  /** A directory's word, which it does not take back here. */
  | { readonly kind: 'directory'; readonly id: '' }
  | { readonly kind: 'access-token'; readonly id: string }
  | { readonly kind: 'session'; readonly id: string }
  /** An identity token that the robot's trust of this number takes. */
  | { readonly kind: 'workload'; readonly id: string };

/** An account or a robot, and the credential that stands for it. */
export type Principal =
  | { readonly kind: 'account'; readonly id: AccountId; readonly credential: Credential }
  | { readonly kind: 'robot'; readonly id: RobotId; readonly credential: Credential };

/** One line of text, as tokens carry it: `account:12:password:3f…`. */
export function writePrincipal({ kind, id, credential }: Principal): string {
  return [kind, id, credential.kind, credential.id].join(':');
}

const PRINCIPAL =
  /^(?<kind>account|robot):(?<id>\d{1,15}):(?<credential>password|directory|access-token|session|workload):(?<credentialId>[\w-]*)$/;

export function parsePrincipal(text: string): Principal | undefined {
  const { kind, id, credential, credentialId } = PRINCIPAL.exec(text)?.groups ?? {};
  if (kind === undefined) return undefined;
  return {
    kind: kind as Principal['kind'],
    id: Number(id),
    credential: { kind: credential, id: credentialId } as Credential,
  };
}
