export { type Access, accessInWords } from './access.ts';
export { changePassword, showAccount, updateAccount } from './account.ts';
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
export { type Asking, requestOf } from './request.ts';
export { type Fault, type Problem, problem } from './problem.ts';
