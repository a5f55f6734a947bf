export { eventually } from './eventually.ts';
export { aTag, named } from './names.ts';
export { testDatabase, type TestDatabase } from './test-database.ts';
