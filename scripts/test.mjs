import { onSupportedNode } from './on-supported-node.mjs';

onSupportedNode(async () => {
  const { concluding } = await import('./refusal.mjs');
  const { test } = await import('./tests.mjs');
  await concluding(test(process.argv.slice(2)));
});
