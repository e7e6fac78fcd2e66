/** Makes password hashes cheap for tests that sign in often; passwords.test.ts and login tests check the real cost. */
import { setPasswordCost } from '../../src/access/passwords.js';

setPasswordCost({ ln: 10, r: 8, p: 1 });
