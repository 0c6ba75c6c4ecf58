import { expect } from 'chai';
import { runProgram } from '../support/namespaces.js';

describe('NODE_DEBUG=netlane', function () {
  this.timeout(60_000);

  const program = `
    const here = await Namespace.current();
    const socket = await here.netlink('route', { thread: 'caller' });
    const body = new Uint8Array(16);
    new DataView(body.buffer).setInt32(4, 1, true);
    await socket.request({ type: 18, body });
    await here.close();
    console.log('done');`;

  it('prints each message that leaves or arrives, in words, to stderr alone', () => {
    const { stdout, stderr, status } = runProgram(program, ['env', 'NODE_DEBUG=netlane']);
    expect({ stdout, status }, stderr).to.deep.equal({ stdout: 'done\n', status: 0 });
    const lines = stderr.split('\n').filter((line) => line.startsWith('NETLANE'));
    const number = /#(\d+)/.exec(lines.find((line) => line.includes('->')) ?? '')?.[1];
    expect(lines.join('\n')).to.match(
      new RegExp(`-> Namespace\\(.*\\) route RTM_GETLINK #${number} request\\|ack \\(16 bytes\\) [0-9a-f]{32}`),
    );
    expect(lines.join('\n')).to.match(new RegExp(`<- Namespace\\(.*\\) route RTM_NEWLINK #${number} .*\\(\\d+ bytes\\)`));
    expect(lines.join('\n')).to.match(new RegExp(`<- Namespace\\(.*\\) route ack #${number} `));
  });

  it('and nothing else prints', () => {
    expect(runProgram(program)).to.include({ stdout: 'done\n', stderr: '', status: 0 });
  });
});
