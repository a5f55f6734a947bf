/** Why an image or a container was refused, or the host could not do what was asked. */
export type RuntimeReason =
  | 'command-not-executable'
  | 'command-not-found'
  | 'config-invalid'
  | 'host-lacks'
  | 'host-program-failed'
  | 'layer-invalid'
  | 'layer-mismatch'
  | 'rootfs-invalid'
  | 'user-unknown';

export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly reason: RuntimeReason;

  constructor(reason: RuntimeReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
