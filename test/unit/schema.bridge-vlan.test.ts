import { expect } from 'chai';
import { decodeFrom } from '../../lib/codec/codec.js';
import { bridgeVlan } from '../../lib/schema/route/bridge-vlan.js';
import { attribute, concat, u32 } from '../native/support/frames.js';

const AF_BRIDGE = 7;
const BRIDGE_VLANDB_GLOBAL_OPTIONS = 2;
const BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS = 16;
const MDBA_ROUTER = 2;
const MDBA_ROUTER_PORT = 1;

describe('options of VLANs of the whole bridge', () => {
  it('have ports towards routers, which the kernel puts into a nest within a nest', () => {
    const port = attribute(MDBA_ROUTER_PORT, concat(u32(5), attribute(1, u32(1234)), attribute(2, Uint8Array.of(3))));
    const ports = attribute(BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS, attribute(MDBA_ROUTER, port));
    const message = concat(Uint8Array.of(AF_BRIDGE, 0, 0, 0), u32(4), attribute(BRIDGE_VLANDB_GLOBAL_OPTIONS, ports));
    expect(decodeFrom(bridgeVlan, message)).to.deep.equal({
      family: 'bridge',
      link: 4,
      global: [{ routerPorts: [{ port: 5, timer: 1234, type: 'temporary' }] }],
    });
  });
});
