import { limit } from '../support/time.js';
import { tornCases } from './support/torn-cases.js';
import { listInMidDump, titleOf } from './support/torn-list.js';

describe('A list of what changes in mid-dump, the rest of them', function () {
  this.timeout(limit(60_000));

  for (const torn of tornCases) {
    if (torn.long !== true) continue;
    it(titleOf(torn), async function () {
      await listInMidDump(this, torn);
    });
  }
});
