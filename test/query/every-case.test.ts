/** Every line of the project's list of cases is a test: the numbers of the list, compared with those the tests name. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const SOQL =
  '1 2 4 5 7 8 10 11 13 14 16 17 19 20 22 23 25 26 28 29 31 32 34 35 37 38 40 41 43 44 46 47 49 50 52 53 55 56 58 59 61 62 64 65 67 68 70 71 73 74 76 77 79 80 82 83 85 86 88 89 91 92 94 95 97 98 100 101 103 104 106 107 109 110 112 113 115 116 118 119 121 122 124 125 127 128 130 131 132 133 134 136 137 139 140 142 143 145 146 148 149 151 152 154 155 157 158 160 161 163 164 166 167 169 170 172 173 175 176 177 178 179 181 182 184 185 187 188 190 191 193 194 196 197 199 200 202 203 205 206 208 209 211 212 214 215 217 218 220 221 223 224 226 227 229 230 232 233 235 236 238 239 241 242 243 244 245 247 248 249 250 251 252 253 254 256 257 259 260 262 263 264 265';
const SOSL =
  '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62';

const folder = import.meta.dirname;

/** Numbers that stand in code, not in comments. */
function named(): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
  return new Set(
    files.flatMap((name) => {
      const code = readFileSync(path.join(folder, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      return code.match(/\b[QF]\d+\b/g) ?? [];
    }),
  );
}

it.each([
  ['Q', SOQL],
  ['F', SOSL],
])('every case %s has a test', (letter, numbers) => {
  const tests = named();
  const missing = numbers.split(' ').filter((number) => !tests.has(letter + number));
  expect(missing).toEqual([]);
});
