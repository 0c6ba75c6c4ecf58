import { expect } from 'chai';
import { Terminal } from '../../lib/command-line/terminal.js';
import { screen } from '../integration/support/command-line.js';
import { FakeClock } from '../support/clock.js';

describe('progress', () => {
  it('is shown on a terminal after a second, and taken away before anything else is said', () =>
    FakeClock.during((clock) => {
      const [out, error] = [screen(), screen(true)];
      const terminal = new Terminal(out.stream, error.stream);
      let count = 0;
      const end = terminal.progress(() => `${count} done`);
      clock.advance(999);
      expect(error.text()).to.equal('');
      count = 3;
      clock.advance(1);
      expect(error.text()).to.equal('\r\u001b[K3 done');
      terminal.complain('a remark');
      expect(error.text()).to.equal('\r\u001b[K3 done\r\u001b[Knetlane: a remark\n');
      end();
      clock.advance(5000);
      expect(error.text()).to.equal('\r\u001b[K3 done\r\u001b[Knetlane: a remark\n');
      expect(out.text()).to.equal('');
      return Promise.resolve();
    }));

  it('is not shown for what is done sooner, nor where nobody looks', () =>
    FakeClock.during((clock) => {
      for (const isTTY of [true, false]) {
        const error = screen(isTTY);
        const end = new Terminal(screen().stream, error.stream).progress(() => 'working');
        clock.advance(isTTY ? 900 : 9000);
        end();
        clock.advance(9000);
        expect(error.text()).to.equal('');
      }
      return Promise.resolve();
    }));
});
