import type { Bucket } from '@holdfast/contracts';

/* The layout on the server. Buckets are laid out as every NATS tool expects a KV bucket; what was stored is said
 * again on a subject of its own, so that readers need no consumer. */

export const kvStream = (bucket: string): string => `KV_${bucket}`;
export const kvSubject = (bucket: string, key: string): string => `$KV.${bucket}.${key}`;
/** Where the server repeats a record once it is stored. */
export const kvLiveSubject = (bucket: string, key: string): string => `kv.v1.${bucket}.${key}`;
/** `evt.v1.X` is repeated as `log.v1.X` once it is stored. */
export const eventLiveSubject = (subject: string): string => subject.replace(/^evt\./, 'log.');
export const streamName = (stream: string): string => `STR_${stream}`;
/** `str.v1.X` is repeated as `seq.v1.X`. */
export const streamLiveSubject = (subject: string): string => subject.replace(/^str\./, 'seq.');
export const inboxPrefix = (service: string, node: string): string => `_INBOX.${service}.${node}`;

/** Reads by sequence and in batches: everything in the stream. */
export const directGetSubject = (stream: string): string => `$JS.API.DIRECT.GET.${stream}`;
/** Reads the last message of one subject only. */
export const directGetLastSubject = (stream: string, subject: string): string =>
  `$JS.API.DIRECT.GET.${stream}.${subject}`;
export const streamInfoSubject = (stream: string): string => `$JS.API.STREAM.INFO.${stream}`;

const keyPattern = /^[a-z0-9][a-z0-9-]{0,127}$/;

/** Keys are one subject token, so that a permission can name one record. */
export function isKey(key: string): boolean {
  return keyPattern.test(key);
}

/** Whether `service` may read every key, also to write safely: an owner of any key reads its bucket. */
export function readsWhole(bucket: Bucket, service: string): boolean {
  const readers: readonly string[] = bucket.readers;
  return readers.includes(service) || (bucket.owner === service && bucket.writes === 'any-key');
}

/** Whether `service` may read just the record named after its node. */
export function readsOwnNode(bucket: Bucket, service: string): boolean {
  const readers: readonly string[] = bucket.ownNodeReaders;
  return readers.includes(service) || (bucket.owner === service && bucket.writes === 'own-node');
}

/** NATS subject matching: `*` is one token, a last `>` is one or more. */
export function subjectMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index;
    const actual = tokens[index];
    if (actual === undefined) return false;
    if (token !== '*' && token !== actual) return false;
  }
  return wanted.length === tokens.length;
}
