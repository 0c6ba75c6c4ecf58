"""The same work with pyroute2: peer.py WORK [LINK], see protocol.h for what it speaks."""
import ipaddress
import json
import sys
import time

from pyroute2 import IPRoute


def fnv(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def attribute(message, name):
    return next((value for key, value in message["attrs"] if key == name), None)


def link_get(ip, index, count):
    link = None
    for _ in range(count):
        link = ip.get_links(index)[0]
    return lambda: {"mtu": attribute(link, "IFLA_MTU")}


def routes_dump(ip, _index, count):
    routes = []
    for _ in range(count):
        routes = ip.get_routes(family=2)

    def answer():
        total = 0
        for route in routes:
            destination = attribute(route, "RTA_DST")
            text = f"{destination}/{route['dst_len']}" if destination else ""
            total += fnv(
                "|".join(
                    str(part)
                    for part in (
                        text,
                        attribute(route, "RTA_GATEWAY") or "",
                        attribute(route, "RTA_OIF") or 0,
                        attribute(route, "RTA_TABLE") or route["table"],
                        route["proto"],
                        route["scope"],
                        route["type"],
                        attribute(route, "RTA_PRIORITY") or 0,
                    )
                )
            )
        return {"entries": len(routes), "sum": total & 0xFFFFFFFF}

    return answer


def routes_add_delete(ip, _index, count):
    for verb in ("add", "del"):
        for number in range(count):
            destination = str(ipaddress.ip_address(0x10000000 + number))
            ip.route(verb, dst=f"{destination}/32", gateway="10.0.0.2", table=1000)
    return lambda: {"changed": 2 * count}


def links_dump(ip, _index, count):
    links = []
    for _ in range(count):
        links = ip.get_links()
    return lambda: {"entries": len(links)}


def main():
    works = {
        "link-get": link_get,
        "routes-dump": routes_dump,
        "routes-add-delete": routes_add_delete,
        "links-dump": links_dump,
    }
    work = works[sys.argv[1]]
    with IPRoute() as ip:
        index = ip.link_lookup(ifname=sys.argv[2])[0] if len(sys.argv) > 2 else None
        print("ready", flush=True)
        for line in sys.stdin:
            cpu, start = time.process_time_ns(), time.monotonic_ns()
            answer = work(ip, index, int(line))
            value, used = time.monotonic_ns() - start, time.process_time_ns() - cpu
            print(json.dumps({"value": value, "cpu": used, "answer": answer()}), flush=True)


main()
