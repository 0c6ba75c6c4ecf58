import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { amt } from './kinds/amt.js';
import { bareudp } from './kinds/bareudp.js';
import { batadv } from './kinds/batadv.js';
import { bond } from './kinds/bond.js';
import { bridge } from './kinds/bridge.js';
import { caif } from './kinds/caif.js';
import { can } from './kinds/can.js';
import { dsa } from './kinds/dsa.js';
import { geneve } from './kinds/geneve.js';
import { gre } from './kinds/gre.js';
import { gtp } from './kinds/gtp.js';
import { hsr } from './kinds/hsr.js';
import { ip6gre } from './kinds/ip6gre.js';
import { ip6tnl } from './kinds/ip6tnl.js';
import { ipip } from './kinds/ipip.js';
import { ipoib } from './kinds/ipoib.js';
import { ipvlan } from './kinds/ipvlan.js';
import { macsec } from './kinds/macsec.js';
import { macvlan } from './kinds/macvlan.js';
import { ovpn } from './kinds/ovpn.js';
import { ppp } from './kinds/ppp.js';
import { rmnet } from './kinds/rmnet.js';
import { sit } from './kinds/sit.js';
import { tun } from './kinds/tun.js';
import { vlan } from './kinds/vlan.js';
import { vrf, vrfPort } from './kinds/vrf.js';
import { vti } from './kinds/vti.js';
import { vti6 } from './kinds/vti6.js';
import { vxlan } from './kinds/vxlan.js';
import { wwan } from './kinds/wwan.js';
import { xfrm } from './kinds/xfrm.js';
import { bondPort } from './kinds/bond-port.js';
import { bridgePort } from './kinds/bridge-port.js';
import { plain } from './kinds/plain.js';

/** Link data by kind, but for the kinds that come in pairs: those have a link in their data (link.ts). */
export const kinds = {
  amt,
  bareudp,
  batadv,
  bond,
  bridge,
  caif,
  can,
  dsa,
  dummy: plain,
  erspan: gre,
  geneve,
  gre,
  gretap: gre,
  gtp,
  hsr,
  ifb: plain,
  ip6erspan: ip6gre,
  ip6gre,
  ip6gretap: ip6gre,
  ip6tnl,
  ipip,
  ipoib,
  ipvlan,
  ipvtap: ipvlan,
  lowpan: plain,
  macsec,
  macvlan,
  macvtap: macvlan,
  netdevsim: plain,
  nlmon: plain,
  openvswitch: plain,
  ovpn,
  pfcp: plain,
  ppp,
  rmnet,
  sit,
  team: plain,
  tun,
  vcan: plain,
  virt_wifi: plain,
  vlan,
  vrf,
  vsockmon: plain,
  vti,
  vti6,
  vxlan,
  wireguard: plain,
  wwan,
  xfrm,
};

/** Data of a port by the kind of its master. */
export const ports = {
  bridge: bridgePort,
  bond: bondPort,
  vrf: vrfPort,
  team: plain,
  openvswitch: plain,
};

type Of<C> = C extends Codec<unknown, never> ? C : never;

/** Link data by kind, as it is read. */
export type KindValues = { [K in keyof typeof kinds]: Infer<Of<(typeof kinds)[K]>> };
/** Link data by kind, as it is written. */
export type KindInputs = { [K in keyof typeof kinds]: InferInput<Of<(typeof kinds)[K]>> };
/** Port data by kind of the master, as it is read. */
export type PortValues = { [K in keyof typeof ports]: Infer<Of<(typeof ports)[K]>> };
/** Port data by kind of the master, as it is written. */
export type PortInputs = { [K in keyof typeof ports]: InferInput<Of<(typeof ports)[K]>> };
