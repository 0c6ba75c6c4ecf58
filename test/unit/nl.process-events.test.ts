import { expect } from 'chai';
import fc from 'fast-check';
import { littleEndian } from '../../lib/nl/byte-order.js';
import { decodeProcessEvent } from '../../lib/nl/process-event.js';
import { errorOf } from '../support/error-of.js';

/** A connector message as the kernel sends it: struct cn_msg, struct proc_event of 40 bytes. */
function message(what: number, numbers: readonly number[], size = 40): Uint8Array {
  const bytes = new Uint8Array(20 + size);
  const view = new DataView(bytes.buffer);
  [1, 1, 77, 1].forEach((value, at) => view.setUint32(at * 4, value, littleEndian));
  view.setUint16(16, size, littleEndian);
  view.setUint32(20, what, littleEndian);
  view.setUint32(24, 3, littleEndian);
  view.setBigUint64(28, 123_456_789_012n, littleEndian);
  numbers.forEach((value, at) => view.setUint32(36 + at * 4, value, littleEndian));
  return bytes;
}

const header = { cpu: 3, timestamp: 123_456_789_012n };

describe('nl: process events', () => {
  it('are read as Linux 6.18 sent one', function () {
    if (!littleEndian) return this.skip();
    const recorded =
      '0100000001000000010000000000000028000000' + '0100000001000000dbb8a14a1f030000' + '972c0000972c0000c02c0000c02c00000000000000000000';
    expect(decodeProcessEvent(Buffer.from(recorded, 'hex'))).to.deep.equal({
      connector: { id: { idx: 1, val: 1 }, seq: 1, ack: 0, length: 40, flags: 0 },
      event: { kind: 'fork', cpu: 1, timestamp: 0x31f_4aa1_b8dbn, parentPid: 11415, parentTgid: 11415, childPid: 11456, childTgid: 11456 },
    });
    return undefined;
  });

  it('have the fields of their kind', () => {
    const subject = { ...header, processPid: 11, processTgid: 10 };
    const cases: [number, number[], object][] = [
      [0, [1], { kind: 'acknowledgement', ...header, errno: 1 }],
      [1, [1, 2, 3, 4], { kind: 'fork', ...header, parentPid: 1, parentTgid: 2, childPid: 3, childTgid: 4 }],
      [2, [11, 10], { kind: 'exec', ...subject }],
      [4, [11, 10, 1000, 0], { kind: 'uid', ...subject, ruid: 1000, euid: 0 }],
      [0x40, [11, 10, 100, 5], { kind: 'gid', ...subject, rgid: 100, egid: 5 }],
      [0x80, [11, 10], { kind: 'sid', ...subject }],
      [0x100, [11, 10, 9, 8], { kind: 'ptrace', ...subject, tracerPid: 9, tracerTgid: 8 }],
      [0x4000_0000, [11, 10, 7, 6], { kind: 'coredump', ...subject, parentPid: 7, parentTgid: 6 }],
      [0x8000_0000, [11, 10, 256, 17, 7, 6], { kind: 'exit', ...subject, exitCode: 256, exitSignal: 17, parentPid: 7, parentTgid: 6 }],
      [0x400, [11, 10], { kind: 'unknown', ...header, what: 0x400 }],
    ];
    for (const [what, numbers, event] of cases) expect(decodeProcessEvent(message(what, numbers)).event).to.deep.equal(event);
    const named = message(0x200, [11, 10]);
    named.set(Buffer.from('worker'), 44);
    expect(decodeProcessEvent(named).event).to.deep.equal({ kind: 'comm', ...subject, comm: 'worker' });
  });

  it('leave out the parent where an older kernel does not tell it', () => {
    const { event } = decodeProcessEvent(message(0x8000_0000, [11, 10, 9, 17], 32));
    expect(event).to.deep.equal({ kind: 'exit', ...header, processPid: 11, processTgid: 10, exitCode: 9, exitSignal: 17 });
  });

  it('are events or DecodeErrors, whatever the bytes', () => {
    for (const length of [0, 19, 20, 39])
      expect(errorOf(() => decodeProcessEvent(new Uint8Array(length)))).to.include({ code: 'NETLANE_DECODE' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          expect(decodeProcessEvent(bytes).event.kind).to.be.a('string');
        } catch (error) {
          expect(error).to.include({ code: 'NETLANE_DECODE' });
        }
      }),
    );
  });
});
