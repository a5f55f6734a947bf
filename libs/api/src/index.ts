export { type Access, accessInWords } from './access.ts';
export {
  addFavourite,
  changePassword,
  removeFavourite,
  showAccount,
  updateAccount,
} from './account.ts';
export {
  createAccount,
  deleteAccount,
  disableAccount,
  enableAccount,
  listAccounts,
  makeAdministrator,
  renameAccount,
  resetPassword,
  showOneAccount,
  unmakeAdministrator,
  updateOneAccount,
} from './accounts.ts';
export { examine } from './doctor.ts';
export { showDocument } from './document.ts';
export {
  type Answered,
  type Asked,
  changes,
  type Endpoint,
  endpoint,
  isSecretField,
  type Method,
  nothing,
} from './endpoint.ts';
export { ENDPOINTS } from './endpoints.ts';
export { createGrant, deleteGrant, listGrants, whoMay } from './grants.ts';
export { compareFiles, fileOf, listFiles, searchFiles, showSpace } from './files.ts';
export { compareImages, listReferrers, showImage } from './images.ts';
export { listKeys, withdrawKey } from './keys.ts';
export { listAudit, listAuditOf } from './audit.ts';
export { verifyLedger } from './ledger.ts';
export {
  acceptInvitation,
  choosePassword,
  invite,
  inviteToOrganisation,
  listInvitations,
  listInvitationsToOrganisation,
  revokeInvitation,
  revokeInvitationToOrganisation,
  showLink,
} from './links.ts';
export { BASE, isRequiredIn, jsonSchema, openApi } from './openapi.ts';
export {
  createOrganisation,
  deleteOrganisation,
  leaveOrganisation,
  listMembers,
  listOrganisations,
  putMember,
  removeMember,
  renameOrganisation,
  showOrganisation,
  updateOrganisation,
} from './organisations.ts';
export { type Fault, type Problem, problem } from './problem.ts';
export {
  createRepository,
  deleteRepository,
  listRepositories,
  moveRepository,
  setReadme,
  setVisibility,
  showRepository,
  updateRepository,
} from './repositories.ts';
export { type Asking, requestOf } from './request.ts';
export {
  createRobot,
  createSecret,
  createTrust,
  deleteRobot,
  deleteTrust,
  listRobots,
  listSecrets,
  listTrusts,
  revokeSecret,
  showRobot,
  updateRobot,
} from './robots.ts';
export {
  setImmutableTags,
  setImmutableTagsIn,
  showImmutableTags,
  showImmutableTagsIn,
} from './tag-rules.ts';
export {
  deleteTags,
  latestTags,
  listTags,
  rehearseDeletion,
  restoreTag,
  tagHistory,
} from './tags.ts';
export {
  addTeamGroup,
  addTeamMember,
  createTeam,
  deleteTeam,
  listTeams,
  removeTeamGroup,
  removeTeamMember,
  showTeam,
  updateTeam,
} from './teams.ts';
export { createToken, listTokens, revokeToken } from './tokens.ts';
export { why } from './why.ts';
export { endOtherSessions, endSession, listSessions } from './sessions.ts';
export {
  listAllTrash,
  listTrash,
  listTrashedManifests,
  listTrashIn,
  purgeTrash,
  restoreTrash,
  showTrash,
} from './trash.ts';
export {
  applyRetention,
  rehearseRetention,
  setRetention,
  setRetentionIn,
  showRetention,
  showRetentionIn,
} from './retention.ts';
export { setQuota, showQuota } from './quotas.ts';
export {
  createWebhook,
  deleteWebhook,
  listDeliveries,
  listWebhooks,
  pingWebhook,
  redeliver,
  rotateWebhookSecret,
  updateWebhook,
} from './webhooks.ts';
export { downloadOf } from './downloads.ts';
export { newsFilter } from './news.ts';
