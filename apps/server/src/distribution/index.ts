export { answerError, malformedBody } from './errors.ts';
export { encodeNameInPath } from './name-in-path.ts';
export { distribution } from './plugin.ts';
export { openRegistry, type Registry } from './registry.ts';
