/**
 * The JSONP clothes of a Visitor answer, as the deployment script asks for it: a comment, the callback name, the JSON in brackets.
 * Invariant: the callback name is an identifier path and nothing else, so no caller can write script of its own
 * into the answer (live-agent-chat.md §13.2; DECISIONS 11).
 */

const CALLBACK = /^[\w.$]{1,64}$/;

/** Whether a `callback` parameter may stand in front of the JSON. */
export function isCallback(name: unknown): name is string {
  return typeof name === 'string' && CALLBACK.test(name);
}

/**
 * The script text. U+2028 and U+2029 are legal in JSON and line ends in old JavaScript, `<` could close a script
 * element around it: all three leave as escapes.
 */
export function jsonp(callback: string, value: unknown): string {
  const json = JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
  return `/**/${callback}(${json});`;
}
