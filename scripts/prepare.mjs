import { onSupportedNode } from './on-supported-node.mjs';

onSupportedNode(async () => {
  const { concluding } = await import('./refusal.mjs');
  const { prepare } = await import('./preparation.mjs');
  await concluding(prepare());
});
