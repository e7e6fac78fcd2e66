/** Every named type of the API in one table. */
import { DESCRIBE_TYPES } from './describe-types.js';
import { HEADER_TYPES, HEADERS } from './header-types.js';
import type { ComplexType } from './language.js';
import { LAYOUT_TYPES } from './layout-types.js';
import { RESULT_TYPES } from './result-types.js';

export const COMPLEX_TYPES: ReadonlyMap<string, ComplexType> = new Map(
  Object.entries({ ...RESULT_TYPES, ...DESCRIBE_TYPES, ...LAYOUT_TYPES, ...HEADER_TYPES, ...HEADERS }),
);
