/** Renews the certificates of the APIs that are due. Run each day, inside the lab, by its `daily.sh`. */
import { renewDueCertificates } from './certificates.js';

const [stateDirectory] = process.argv.slice(2);
if (!stateDirectory) throw new Error('usage: renew-certificates STATE_DIRECTORY');
for (const of of await renewDueCertificates(stateDirectory, Date.now())) {
  console.log(`${new Date().toISOString()} renewed the certificate of ${of}'s API`);
}
