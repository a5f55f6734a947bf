import { z } from 'zod';
import { endpoint, nothing } from './endpoint.ts';
import { link } from './links.ts';
import {
  adopt,
  displayName,
  email,
  fate,
  flag,
  newName,
  page,
  pageQuery,
  password,
  search,
  time,
  username,
} from './words.ts';

const account = z
  .object({
    username: z.string(),
    displayName: displayName.optional(),
    email: email.optional(),
    administrator: z.boolean().describe('Whether they administer the site.'),
    origin: z.enum(['local', 'oidc', 'ldap']).describe('Where they sign in.'),
    disabledAt: time.optional(),
    createdAt: time,
  })
  .meta({ id: 'Account', description: "A person's account." });

const ADA = {
  username: 'ada',
  displayName: 'Ada Lovelace',
  email: 'ada@example.org',
  administrator: false,
  origin: 'local',
  createdAt: '2026-11-25T12:00:00.000Z',
};
const LINK = {
  url: 'https://registry.example.org/link#slipway_Rk9v…',
  secret: 'slipway_Rk9v…',
  expiresAt: '2026-12-02T12:00:00.000Z',
  emailed: false,
};
const site = { of: 'site' } as const;

export const listAccounts = endpoint({
  id: 'accounts.list',
  method: 'GET',
  path: '/accounts',
  words: 'accounts list',
  summary: 'List accounts, or search them by name and e-mail address',
  access: site,
  query: {
    q: search.optional(),
    administrator: flag.optional(),
    disabled: flag.optional(),
    ...pageQuery,
  },
  answer: page(account),
  example: { answer: { items: [ADA], next: 'ada' } },
});

export const createAccount = endpoint({
  id: 'accounts.create',
  method: 'POST',
  path: '/accounts',
  words: 'accounts create <username>',
  summary: "Create somebody's account",
  description:
    'Without a password, the answer has a one-time link with which they choose one; it is sent to them when there is an e-mail address and the server can send mail.',
  access: site,
  body: {
    username: newName,
    password: password.optional(),
    email: email.optional(),
    displayName: displayName.optional(),
    administrator: z.boolean().default(false).describe('Whether they administer the site.'),
    adopt,
  },
  answer: z.object({ account, link: link.optional() }),
  status: 201,
  example: {
    body: { username: 'ada', email: 'ada@example.org', displayName: 'Ada Lovelace' },
    answer: { account: ADA, link: LINK },
  },
});

export const showOneAccount = endpoint({
  id: 'accounts.show',
  method: 'GET',
  path: '/accounts/{username}',
  words: 'accounts show <username>',
  summary: 'Show an account',
  access: site,
  parameters: { username },
  answer: account,
  example: { answer: ADA },
});

export const updateOneAccount = endpoint({
  id: 'accounts.update',
  method: 'PATCH',
  path: '/accounts/{username}',
  words: 'accounts update <username>',
  summary: "Change somebody's name and e-mail address",
  access: site,
  parameters: { username },
  body: { displayName: displayName.optional(), email: email.optional() },
  answer: account,
  example: { body: { displayName: 'Ada Lovelace' }, answer: ADA },
});

export const makeAdministrator = endpoint({
  id: 'accounts.make-administrator',
  method: 'PUT',
  path: '/accounts/{username}/administrator',
  words: 'accounts make-administrator <username>',
  summary: 'Let somebody administer the site',
  access: site,
  parameters: { username },
  answer: nothing,
  example: {},
});

export const unmakeAdministrator = endpoint({
  id: 'accounts.unmake-administrator',
  method: 'DELETE',
  path: '/accounts/{username}/administrator',
  words: 'accounts unmake-administrator <username>',
  summary: 'Let somebody administer the site no more; the last one stays',
  access: site,
  parameters: { username },
  answer: nothing,
  example: {},
});

export const disableAccount = endpoint({
  id: 'accounts.disable',
  method: 'POST',
  path: '/accounts/{username}/disable',
  words: 'accounts disable <username>',
  summary: 'Lock somebody out, at once and everywhere; nothing of theirs is lost',
  access: site,
  parameters: { username },
  answer: nothing,
  example: {},
});

export const enableAccount = endpoint({
  id: 'accounts.enable',
  method: 'POST',
  path: '/accounts/{username}/enable',
  words: 'accounts enable <username>',
  summary: 'Let somebody in again who was locked out',
  access: site,
  parameters: { username },
  answer: nothing,
  example: {},
});

export const renameAccount = endpoint({
  id: 'accounts.rename',
  method: 'POST',
  path: '/accounts/{username}/rename',
  words: 'accounts rename <username> <name>',
  summary: 'Give somebody another username, and their repositories with it',
  description: 'Pulls find the repositories under the former name too, until somebody else has it.',
  access: site,
  parameters: { username },
  body: { name: newName, adopt },
  answer: account,
  example: { body: { name: 'lovelace' }, answer: { ...ADA, username: 'lovelace' } },
});

export const resetPassword = endpoint({
  id: 'accounts.reset-password',
  method: 'POST',
  path: '/accounts/{username}/password-reset',
  words: 'accounts reset-password <username>',
  summary: 'Make a one-time link with which somebody chooses a new password',
  description:
    'Shown only now; it is sent to them too when they have an e-mail address and the server can send mail. The password until now remains good until the link is used.',
  access: site,
  parameters: { username },
  answer: link,
  status: 201,
  example: { answer: LINK },
});

export const deleteAccount = endpoint({
  id: 'accounts.delete',
  method: 'DELETE',
  path: '/accounts/{username}',
  words: 'accounts delete <username>',
  summary: "Delete somebody's account, with a choice of what happens to its repositories",
  access: site,
  parameters: { username },
  query: fate,
  answer: nothing,
  example: {},
});

export const ACCOUNTS = [
  listAccounts,
  createAccount,
  showOneAccount,
  updateOneAccount,
  makeAdministrator,
  unmakeAdministrator,
  disableAccount,
  enableAccount,
  renameAccount,
  resetPassword,
  deleteAccount,
];
