/** Every migration, in the order they run. One line each. */
import { migration as core } from './001-core.js';
import type { Migration } from './migration.js';

export const MIGRATIONS: readonly Migration[] = [core];
