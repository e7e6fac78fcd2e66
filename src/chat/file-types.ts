/**
 * Which files visitors may send, by the ending of the name: what the client says of the content is not believed. Only
 * kinds that nothing runs by itself; they are served as attachments whatever is in them.
 */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  bmp: 'image/bmp',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eml: 'message/rfc822',
  gif: 'image/gif',
  heic: 'image/heic',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  log: 'text/plain',
  m4a: 'audio/mp4',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  pdf: 'application/pdf',
  png: 'image/png',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  rtf: 'application/rtf',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain',
  wav: 'audio/wav',
  webp: 'image/webp',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  zip: 'application/zip',
};

/** The content type of a file by its name, or undefined if such files are not taken. */
export function contentTypeOf(name: string): string | undefined {
  const ending = /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase();
  return ending !== undefined && Object.hasOwn(CONTENT_TYPES, ending) ? CONTENT_TYPES[ending] : undefined;
}

const NAME_LIMIT = 200;

/**
 * The last part of a name, without anything that could be a folder, a control character or a trick of reading direction;
 * cut in front of its ending. Empty if nothing is left.
 */
export function safeFileName(name: string): string {
  const last =
    name
      .normalize('NFC')
      .split(/[/\\:]/)
      .at(-1) ?? '';
  const clean = last
    .replace(/[\p{C}\p{Zl}\p{Zp}"<>|?*;]/gu, '')
    .replace(/\.{2,}/g, '.')
    .replace(/^[\s.]+|[\s.]+$/g, '')
    .replace(/\s+/g, ' ');
  if (clean.length <= NAME_LIMIT) return clean;
  const ending = /\.[a-z0-9]{1,10}$/i.exec(clean)?.[0] ?? '';
  return [...clean].slice(0, NAME_LIMIT - ending.length - 1).join('') + ending;
}
