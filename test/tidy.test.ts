/**
 * Lints the repository for rules no linter knows: one source of time (DECISIONS 1), no
 * setting read twice, no test that does not run, nothing of one machine. Each rule says what it is for when it fails.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const THIS_FILE = 'test/tidy.test.ts';
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);
const MOST_LINES = 500;
/** Longer than that, and why. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'src/api/live/schema.ts': 'the whole /live contract, in the one file that server, clients and tests share',
  'src/chat/floor.ts': 'the whole contract between the floor and the protocols; half of it is documentation',
  'src/query/compiler.ts': 'one visitor over the syntax tree; nothing else knows SQL',
};

/** Every file of the repository, as paths with slashes relative to its root. */
function filesBelow(directory: string): string[] {
  return readdirSync(path.join(ROOT, directory), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(directory, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(name);
    return entry.isFile() ? [name] : [];
  });
}

const files = filesBelow('.').filter((file) => file !== THIS_FILE);
const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const isCode = (file: string): boolean => /\.(ts|mts|mjs|cjs|js)$/.test(file);
const code = files.filter((file) => isCode(file) && /^(src|test|demo|simulate|bench|scripts)\//.test(file));
const source = code.filter((file) => file.startsWith('src/'));

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const trees = new Map<string, ts.SourceFile>();

function treeOf(file: string): ts.SourceFile {
  const tree = trees.get(file) ?? ts.createSourceFile(file, textOf(file), ts.ScriptTarget.ES2022, true);
  trees.set(file, tree);
  return tree;
}

/** Calls `visit` for each node of a file; what it returns is a finding. */
function findInSyntax(file: string, visit: (node: ts.Node) => string | undefined): Finding[] {
  const tree = treeOf(file);
  const found: Finding[] = [];
  const walk = (node: ts.Node): void => {
    const text = visit(node);
    if (text !== undefined) {
      found.push({ file, line: tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1, text });
    }
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

function findInText(file: string, pattern: RegExp): Finding[] {
  return textOf(file)
    .split('\n')
    .flatMap((text, index) => (pattern.test(text) ? [{ file, line: index + 1, text: text.trim() }] : []));
}

/** The text of a string or of a piece of a template. */
function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) return node.text;
  return undefined;
}

/** SQL that asks a clock. `(?<!…)` leaves `floor_now()` and `clock.now()` alone. */
const SQL_CLOCKS =
  /(?<![\w.])now\s*\(\s*\)|\b(current_timestamp|current_date|current_time|localtimestamp|localtime|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\b|'now'::/i;
/** Where the one source of time is made, and the tests that replace it or look beneath it. */
const DEFINES_TIME = /\bFUNCTION\s+floor_now\b/i;
const BENEATH_TIME = new Set(['test/support/time.ts', 'test/clock.test.ts']);

describe('time comes from floor_now()', () => {
  test('no SQL asks another clock', () => {
    const users = code.filter((file) => !BENEATH_TIME.has(file));
    const found = users.flatMap((file) =>
      findInSyntax(file, (node) => {
        const text = literalText(node);
        if (text === undefined || DEFINES_TIME.test(text)) return undefined;
        return SQL_CLOCKS.exec(text)?.[0];
      }),
    );
    const inSqlFiles = files
      .filter((file) => file.endsWith('.sql'))
      .flatMap((file) => findInText(file, SQL_CLOCKS));
    expect([...found, ...inSqlFiles]).toEqual([]);
  });

  test('no code asks the wall clock of the machine', () => {
    const found = code.flatMap((file) =>
      findInSyntax(file, (node) => {
        const text = node.getText();
        if (ts.isPropertyAccessExpression(node) && /^(globalThis\.)?Date\.now$/.test(text)) return text;
        const isBare = ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0;
        const isCall = ts.isCallExpression(node);
        return (isBare || isCall) && node.expression.getText() === 'Date' ? text : undefined;
      }),
    );
    expect(found).toEqual([]);
  });
});

test('every test runs: none is skipped, single or to do', () => {
  const found = code
    .filter((file) => file.startsWith('test/'))
    .flatMap((file) => findInText(file, /\.(only|skip|todo)\s*\(|\b(fit|xit|xdescribe|fdescribe)\s*\(/));
  expect(found).toEqual([]);
});

test('nothing is exported as default: a thing has one name everywhere', () => {
  const found = code.flatMap((file) =>
    findInSyntax(file, (node) => {
      const isDefault =
        (ts.isExportAssignment(node) && !node.isExportEquals) ||
        (ts.isExportSpecifier(node) && node.name.text === 'default') ||
        node.kind === ts.SyntaxKind.DefaultKeyword;
      const inSwitch = node.parent !== undefined && ts.isDefaultClause(node.parent);
      return isDefault && !inSwitch ? 'export default' : undefined;
    }),
  );
  expect(found).toEqual([]);
});

test('each source file opens by saying what it is for', () => {
  expect(source.filter((file) => !/^(#!.*\n)?\/\*\*/.test(textOf(file)))).toEqual([]);
});

test(`no source file is longer than ${MOST_LINES} lines: one idea a file`, () => {
  const long = source.filter((file) => textOf(file).trimEnd().split('\n').length > MOST_LINES);
  expect(long.filter((file) => !(file in LONG_FILES))).toEqual([]);
});

test('the environment is read where the settings are', () => {
  const readers = [
    'src/config.ts',
    'src/cli/start.ts',
    'src/cli/with-house.ts',
    'src/store/embedded/libraries.ts',
  ];
  const found = source
    .filter((file) => !readers.includes(file))
    .flatMap((file) => findInText(file, /process\.env\b/));
  expect(found).toEqual([]);
});

describe('nothing of one machine or one registry', () => {
  const texts = files.filter((file) =>
    /\.(ts|mts|mjs|cjs|js|json|md|sql|soql|yml|sh|txt|html|css)$/.test(file),
  );

  test('no path of a machine', () => {
    const pattern = /(?<![\w.~:])\/(work|farm|Users|home)\/[A-Za-z]|\/tmp\/[a-z]/;
    expect(texts.flatMap((file) => findInText(file, pattern))).toEqual([]);
  });

  test('no download address: npm takes the registry of whoever installs', () => {
    const pattern = /"resolved":\s*"https?:|registry\.(npmjs|yarnpkg|npmmirror)\.|\bregistry\s*=\s*http/;
    expect([...texts, '.npmrc'].flatMap((file) => findInText(file, pattern))).toEqual([]);
  });
});

test('the lock file holds every optional package it names, or npm ci refuses it', () => {
  interface Locked {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Locked> };
  /** As Node looks for it: beside the package, then in each directory above. */
  const isLocked = (from: string, name: string): boolean => {
    if (`${from === '' ? '' : `${from}/`}node_modules/${name}` in packages) return true;
    if (from === '') return false;
    return isLocked(
      from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))).replace(/^node_modules$/, ''),
      name,
    );
  };
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(place, name))
      .map((name) => `${place} -> ${name}`),
  );
  expect(missing).toEqual([]);
});
