/** README says what the code says: the settings, the commands of the command line, and links that lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingsTable } from '../src/config.js';

const ROOT = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

test('README lists every setting as src/config.ts does', () => {
  expect(read('README.md')).toContain(settingsTable().trim());
});

test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])(
  'links of %s to files lead somewhere',
  (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !existsSync(new URL(target, ROOT)))).toEqual([]);
  },
);

test('paths named in the code map exist', () => {
  const rows = read('ARCHITECTURE.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const paths = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? ''),
  );
  expect(paths.length).toBeGreaterThan(10);
  expect(
    paths.filter(
      (path) =>
        !existsSync(new URL(path.startsWith('src') || path.includes('/') ? path : `src/${path}`, ROOT)),
    ),
  ).toEqual([]);
});
