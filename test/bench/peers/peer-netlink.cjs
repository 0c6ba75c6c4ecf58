// The same work with the npm package `netlink`: peer-netlink.cjs PACKAGE WORK [LINK], see protocol.h for what it speaks.
'use strict';
const { createRtNetlink } = require(process.argv[2]);
const { createInterface } = require('node:readline');

const work = process.argv[3];
const name = process.argv[4];

async function prepare() {
  const socket = createRtNetlink({ ref: true });
  if (work === 'link-get') {
    const index = (await socket.getLinks()).find(({ attrs }) => attrs.ifname === name).data.index;
    return async (count) => {
      let link;
      for (let at = 0; at < count; at++) [link] = await socket.getLink({ index });
      return () => ({ mtu: link.attrs.mtu });
    };
  }
  if (work === 'routes-dump') {
    return async (count) => {
      let routes = [];
      for (let at = 0; at < count; at++) routes = await socket.getRoutes({ family: 2 });
      return () => ({ entries: routes.length });
    };
  }
  if (work === 'routes-add-delete') {
    const change = (number) => [
      { family: 2, dstLen: 32, table: 252, protocol: 4, scope: 0, type: 1 },
      {
        dst: Buffer.from([16, (number >> 16) & 255, (number >> 8) & 255, number & 255]),
        gateway: Buffer.from([10, 0, 0, 2]),
        table: 1000,
      },
    ];
    return async (count) => {
      for (let at = 0; at < count; at++) await socket.newRoute(...change(at), { flags: 0x600 });
      for (let at = 0; at < count; at++) await socket.delRoute(...change(at));
      return () => ({ changed: 2 * count });
    };
  }
  if (work === 'links-dump') {
    return async (count) => {
      let links = [];
      for (let at = 0; at < count; at++) links = await socket.getLinks();
      return () => ({ entries: links.length });
    };
  }
  throw new Error(`no such work: ${work}`);
}

(async () => {
  const run = await prepare();
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const answer = await run(Number.parseInt(line, 10));
    const value = Math.round((performance.now() - start) * 1e6);
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ value, cpu: (user + system) * 1000, answer: answer() }));
  }
  process.exit(0);
})();
