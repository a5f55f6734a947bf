export { applyLayer, type ApplyOptions, type Gunzip } from './apply-layer.ts';
export { capabilitiesOf, DEFAULT_CAPABILITIES } from './capabilities.ts';
export { chainIds } from './chain-id.ts';
export { copyTree } from './copy-tree.ts';
export { RuntimeError, type RuntimeReason } from './errors.ts';
export { type PipedProgram, spawnDetached } from './host-programs.ts';
export {
  checkHost,
  fastestGunzip,
  findInit,
  type HostFinding,
  hostOffer,
  preferredRuntime,
} from './host.ts';
export { readInRoot, resolveInRoot } from './in-root.ts';
export { LayerStore, type StoredLayer } from './layer-store.ts';
export { type LogLine, parseLogLine } from './log-lines.ts';
export { createMonitored } from './monitor.ts';
export {
  addressAt,
  formatAddress,
  formatSubnet,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
} from './network/address.ts';
export { type DesiredNetwork, HostNetwork } from './network/host-network.ts';
export { holderOf, tryPort } from './network/host-ports.ts';
export type { Endpoint } from './network/links.ts';
export {
  hostLines,
  hostsFile,
  isHostName,
  type NamedAddress,
  resolverFile,
} from './network/name-files.ts';
export {
  freeAddress,
  freeSubnet,
  hardwareAddressOf,
  isHostAddress,
  uniqueLocalSubnet,
} from './network/plan-addresses.ts';
export {
  clash,
  hostEnd,
  parsePublication,
  type Publication,
  type PublishedPort,
  publishedInWords,
} from './network/publication.ts';
export type { BridgedNetwork, Forward } from './network/ruleset.ts';
export { OciRuntime } from './oci-runtime.ts';
export { processTable } from './process-table.ts';
export { argumentsOf, environmentOf, type ProcessWish, workingDirOf } from './process-wish.ts';
export { identify, isAlive, isOfThisBoot, type ProcessIdentity } from './processes.ts';
export { RLIMIT_NAMES, type RlimitName, type Rlimits } from './rlimits.ts';
export { mountRootfs, removeRootfs, unmountRootfs } from './rootfs.ts';
export {
  type BindMount,
  type ContainerSpec,
  type HostOffer,
  type Limits,
  limitsOf,
  processOf,
  runtimeConfig,
  type TmpfsMount,
} from './runtime-config.ts';
export { hostArchitecture, nativeArchitecture, resolveSeccomp } from './seccomp.ts';
export type { SeccompProfile } from './seccomp-profile.ts';
export { parseSignal } from './signals.ts';
export { type Traffic, trafficOf, type Usage, usageOf } from './usage.ts';
export { type Accounts, type ContainerUser, resolveUser } from './user.ts';
