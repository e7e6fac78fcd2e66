/** A key and a certificate that signs itself, for a server of a test. Node can sign, and read certificates, but not make them. */
import { generateKeyPairSync, sign } from 'node:crypto';

/** One value of DER: a tag, the length, the content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const bytes = [];
  for (let rest = body.length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  const length = body.length < 128 ? [body.length] : [0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...content: readonly Buffer[]) => der(0x30, ...content);
const integer = (value: number) => der(0x02, Buffer.from([value]));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const text = (tag: number, value: string) => der(tag, Buffer.from(value, 'latin1'));

const ECDSA_WITH_SHA256 = oid('2a8648ce3d040302');
const COMMON_NAME = oid('550403');
const SUBJECT_ALT_NAME = oid('551d11');
const [UTF8_STRING, GENERALIZED_TIME, OCTET_STRING, BIT_STRING] = [0x0c, 0x18, 0x04, 0x03];
const [DNS_NAME, VERSION, EXTENSIONS] = [0x82, 0xa0, 0xa3];

/** PEM texts of a certificate for one host name, from 2020 to 2120. */
export function selfSigned(host: string): { key: string; certificate: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const name = sequence(der(0x31, sequence(COMMON_NAME, text(UTF8_STRING, host))));
  const names = sequence(text(DNS_NAME, host));
  const signed = sequence(
    der(VERSION, integer(2)),
    integer(1),
    algorithm,
    name,
    sequence(text(GENERALIZED_TIME, '20200101000000Z'), text(GENERALIZED_TIME, '21200101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, sequence(sequence(SUBJECT_ALT_NAME, der(OCTET_STRING, names)))),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', signed, privateKey)]);
  const lines = sequence(signed, algorithm, der(BIT_STRING, signature))
    .toString('base64')
    .replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
