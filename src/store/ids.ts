/**
 * Record ids: 15 case-sensitive characters, or 18 with a checksum of their case (salesforce-data-api.md §2). Rows hold
 * the 18-character form. PostgreSQL issues ids with `new_id()`, which must agree with this file (a property test).
 *
 * An issued id is prefix (3) + `FW` + class (1) + nine base-62 digits in ASCII order + checksum (3), so ids of one
 * object ascend in the order of issue under COLLATE "C" (DECISIONS 7).
 */

const ID = /^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$/;
const CHECKSUM_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** The two characters after the prefix that mark an id as issued here. */
export const INSTANCE_MARK = 'FW';

/** The three characters that tell the case of the fifteen before them. */
export function checksum(fifteen: string): string {
  let result = '';
  for (let group = 0; group < 15; group += 5) {
    let bits = 0;
    for (let position = 0; position < 5; position++) {
      const code = fifteen.charCodeAt(group + position);
      if (code >= 0x41 && code <= 0x5a) bits |= 1 << position;
    }
    result += CHECKSUM_ALPHABET[bits];
  }
  return result;
}

/** Whether text is an id: 15 characters, or 18 whose checksum fits exactly. Anything else is MALFORMED_ID. */
export function isId(text: string): boolean {
  return ID.test(text) && (text.length === 15 || checksum(text.slice(0, 15)) === text.slice(15));
}

/** The 18-character form of an id; the caller has asked `isId`. */
export function id18(id: string): string {
  return id.length === 15 ? id + checksum(id) : id;
}

/** The 15-character form of an id; the caller has asked `isId`. */
export function id15(id: string): string {
  return id.slice(0, 15);
}
