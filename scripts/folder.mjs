import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder, wherever the command was typed. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A path inside the project's folder. */
export const inside = (...names) => join(root, ...names);

/** The Node that the project runs on; npm installs it like any dependency. */
export const node24 = inside('node_modules', '.bin', 'node');
