import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import * as api from '@slipway/api';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), endpoints(), compressed()],
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});

/**
 * `virtual:endpoints`: of each endpoint of the management API the method and the path, under the name by which
 * `@slipway/api` exports it. All else that is known of them is for types alone and need not travel.
 */
function endpoints(): Plugin {
  const id = 'virtual:endpoints';
  const known = Object.entries(api).flatMap(([name, value]) =>
    typeof value === 'object' && 'method' in value && 'words' in value
      ? [[name, [value.method, value.path]]]
      : [],
  );
  return {
    name: 'slipway-endpoints',
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: (asked) =>
      asked === `\0${id}`
        ? `export default ${JSON.stringify(Object.fromEntries(known))}`
        : undefined,
  };
}

/** Beside each file a smaller one, for the server to send: it compresses nothing while it serves. */
function compressed(): Plugin {
  return {
    name: 'slipway-compressed',
    apply: 'build',
    writeBundle({ dir }) {
      if (dir === undefined) return;
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue;
        const content = readFileSync(join(dir, name));
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}
