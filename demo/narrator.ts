/** Tells the demo's story on standard output: who says or does what, and when. Colours only on a terminal. */

const isColourful = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: number) => (text: string) => (isColourful ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
const COLOURS = [paint(36), paint(35), paint(33), paint(34)];

export interface Narrator {
  /** A new part of the story. */
  chapter(title: string): void;
  /** Somebody does something. */
  does(who: string, what: string): void;
  /** Somebody says something to somebody. */
  says(who: string, text: string): void;
  /** A remark to the reader. */
  note(text: string): void;
}

/** Seconds are counted from the call. */
export function createNarrator(): Narrator {
  const began = performance.now();
  const colourOf = new Map<string, (text: string) => string>();
  const stamp = () => dim(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`);
  const name = (who: string) => {
    const colour = colourOf.get(who) ?? COLOURS[colourOf.size % COLOURS.length] ?? bold;
    colourOf.set(who, colour);
    return colour(who.padEnd(8));
  };
  return {
    chapter: (title) => console.log(`\n${bold(title)}`),
    does: (who, what) => console.log(`${stamp()}  ${name(who)} ${what}`),
    says: (who, text) => console.log(`${stamp()}  ${name(who)} “${text}”`),
    note: (text) => console.log(dim(`         ${text}`)),
  };
}
