/** The version list (salesforce-data-api.md §1). */
import { expect, test } from 'vitest';
import { listVersions, readVersion, releaseLabel } from '../../../src/api/rest/versions.js';

test.each([
  [21, "Spring '11"],
  [28, "Summer '13"],
  [30, "Spring '14"],
  [31, "Summer '14"],
  [32, "Winter '15"],
  [33, "Spring '15"],
  [66, "Spring '26"],
  [67, "Summer '26"],
  [68, "Winter '27"],
])('version %i came with %s', (version, label) => {
  expect(releaseLabel(version)).toBe(label);
});

test('21.0 to 68.0 are listed in order, keys label, url, version', () => {
  const versions = listVersions();
  expect(versions).toHaveLength(48);
  expect(JSON.stringify(versions[46])).toBe(
    `{"label":"Summer '26","url":"/services/data/v67.0","version":"67.0"}`,
  );
  expect([...versions].map((one) => one.version).sort()).toEqual(versions.map((one) => one.version));
});

test.each(['v20.0', 'v7.0', 'v1.0'])('%s is retired', (segment) => {
  expect(() => readVersion(segment)).toThrow(expect.objectContaining({ code: 'GONE' }));
});

test.each(['v69.0', 'v60.1', 'v60', '60.0', 'v060.0', 'v0.0', 'vX.0', 'foo'])(
  '%s does not exist',
  (segment) => {
    expect(() => readVersion(segment)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  },
);
