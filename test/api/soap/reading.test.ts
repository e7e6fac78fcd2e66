/** Requests arrive in pieces of any size: what is read must not depend on where they are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../../src/api/soap/read-envelope.js';
import { createUtf8Reader } from '../../../src/api/soap/utf8.js';
import { isNil, namespaceIn, type XmlElement, XmlRefused } from '../../../src/api/soap/xml-tree.js';

/** Bytes cut at the places given. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

const cuts = fc.array(fc.nat(5_000), { maxLength: 12 });

async function* stream(pieces: readonly Buffer[]) {
  yield* pieces;
}

const read = async (pieces: readonly Buffer[]) =>
  (await readEnvelope(stream(pieces), async () => undefined)).request;

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const envelope = (body: string) =>
  Buffer.from(
    `\uFEFF<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${ENVELOPE}" xmlns="urn:a"><s:Body>${body}</s:Body></s:Envelope>`,
  );

describe('UTF-8', () => {
  it('is read alike however it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), cuts, (text, places) => {
        const bytes = Buffer.from(text);
        const reader = createUtf8Reader();
        const parts = piecesOf(bytes, places).map((piece) => reader.read(piece));
        reader.close();
        expect(parts.join('')).toBe(bytes.toString());
      }),
    );
  });

  it('is refused exactly when a strict decoder refuses it', () => {
    const decode = (bytes: Uint8Array) =>
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const isRefused = (check: () => unknown): boolean => {
      try {
        check();
        return false;
      } catch {
        return true;
      }
    };
    const odd = fc.constantFrom(0x80, 0xbf, 0xc2, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0x41);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 12 }),
        fc.array(odd, { maxLength: 8 }),
        cuts,
        (any, some, places) => {
          for (const bytes of [Buffer.from(any), Buffer.from(some)]) {
            const ours = isRefused(() => {
              const reader = createUtf8Reader();
              for (const piece of piecesOf(bytes, places)) reader.read(piece);
              reader.close();
            });
            expect(ours).toBe(isRefused(() => decode(bytes)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** An element as plain values. */
const plain = ({ name, namespace, text, attributes, children }: XmlElement): unknown => ({
  name,
  namespace,
  text,
  attributes: [...attributes],
  children: children.map(plain),
});

describe('an envelope', () => {
  const body =
    '<call at="1"><a xmlns:x="urn:x" x:nil="&lt;€&#x20AC;">é<!-- said aside -->😀<![CDATA[<&]]>]]&gt;</a><x:b xmlns:x="urn:y"/></call>';

  it('is the same tree however it is cut', async () => {
    const whole = plain((await read([envelope(body)])).call);
    expect(whole).toEqual({
      name: 'call',
      namespace: 'urn:a',
      text: '',
      attributes: [['at', '1']],
      children: [
        {
          name: 'a',
          namespace: 'urn:a',
          text: 'é😀<&]]>',
          attributes: [['{urn:x}nil', '<€€']],
          children: [],
        },
        { name: 'b', namespace: 'urn:y', text: '', attributes: [], children: [] },
      ],
    });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        expect(plain((await read(piecesOf(envelope(body), places))).call)).toEqual(whole);
      }),
    );
  });

  it('knows the prefixes of each element', async () => {
    const { call } = await read([envelope('<c xmlns:p="urn:p"><d xmlns:p="urn:q" xmlns=""/><e/></c>')]);
    const [d, e] = call.children as [XmlElement, XmlElement];
    expect(['p', '', 's', 'none'].map((prefix) => namespaceIn(d, prefix))).toEqual([
      'urn:q',
      '',
      ENVELOPE,
      undefined,
    ]);
    expect(['p', ''].map((prefix) => namespaceIn(e, prefix))).toEqual(['urn:p', 'urn:a']);
  });

  it('may say in two ways that a value is nil', async () => {
    const { call } = await read([
      envelope(
        '<c xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><d i:nil=" 1 "/><d i:nil="true"/><d nil="true"/></c>',
      ),
    ]);
    expect(call.children.map(isNil)).toEqual([true, true, false]);
  });

  it.each([
    ['an undefined entity', '<a>&who;</a>'],
    ['text behind its end', '<a/></s:Body></s:Envelope>more<!--'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute twice by its full name', '<a xmlns:p="urn:p" xmlns:q="urn:p" p:b="1" q:b="2"/>'],
    ['the end of another element', '<a></b>'],
    ['a NUL', '<a>\0</a>'],
    ['a reference to a NUL', '<a>&#0;</a>'],
    ['half a character', '<a>&#xD83D;</a>'],
    ['more elements than any call has', '<a/>'.repeat(100_001)],
  ])('with %s is refused', async (_, content) => {
    await expect(read([envelope(content)])).rejects.toBeInstanceOf(XmlRefused);
  });
});
