// The links of this namespace with the primitives of the Go package nl.
// Prints:
//   1 lo loopback
//   …
import * as nl from 'netlane/nl';

const request = nl.newNetlinkRequest(nl.RTM_GETLINK, nl.NLM_F_DUMP);
request.addData(nl.newIfInfomsg(nl.FAMILY_ALL));
for (const body of await request.execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK)) {
  const link = nl.deserializeIfInfomsg(body);
  const attributes = nl.parseRouteAttrAsMap(body.subarray(link.len()));
  const name = nl.bytesToString(attributes.get(3)?.value ?? new Uint8Array()); // IFLA_IFNAME
  console.log(link.index, name, link.encapType());
}
