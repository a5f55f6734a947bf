import type { Problem } from '@slipway/api';
import { policyOf, STYLE } from '../plain-page.ts';

/** Tells somebody with a browser why they were not signed in. */
export function refusedPage({ detail, requestId }: Problem): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not signed in · Slipway</title>
<style>${STYLE}</style>
<main>
<h1>Not signed in</h1>
<p>${escaped(detail)}</p>
<p><a href="/sign-in">Try again</a></p>
<p><small>Whoever administers this registry finds more about request ${escaped(requestId)} in its log.</small></p>
</main>
</html>
`;
}

export const REFUSED_PAGE_POLICY = policyOf();

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (each) => ENTITIES[each] ?? each);
