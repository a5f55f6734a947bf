import { ACCOUNT } from './account.ts';
import { ACCOUNTS } from './accounts.ts';
import { DOCUMENT } from './document.ts';
import type { Endpoint } from './endpoint.ts';
import { ORGANISATIONS } from './organisations.ts';

/** Everything that can be asked under `/api/v1`. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...ACCOUNT,
  ...ACCOUNTS,
  ...ORGANISATIONS,
  ...DOCUMENT,
];
