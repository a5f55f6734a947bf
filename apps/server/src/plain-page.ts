import { hash } from 'node:crypto';

/** Of pages that the server itself writes. */
export const STYLE = `
body { max-width: 26rem; margin: 4rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #fff }
label { display: block; margin: 1rem 0 } input:not([type=checkbox]) { display: block; width: 100%; box-sizing: border-box; padding: .5rem; font: inherit }
button { padding: .5rem 1rem; font: inherit } output { display: block; margin-top: 1rem }
@media (prefers-color-scheme: dark) { body { color: #dbe2ea; background: #14181d } }
`;

/** What such a page may do: be styled, run this script if any, and ask its own server. */
export function policyOf(script?: string): string {
  return [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${sha256(script)}`, "connect-src 'self'"]),
    `style-src ${sha256(STYLE)}`,
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const sha256 = (text: string) => `'sha256-${hash('sha256', text, 'base64')}'`;
