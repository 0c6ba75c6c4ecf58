// The same work with github.com/vishvananda/netlink and netns: peer WORK [LINK], see protocol.h for what it speaks.
package main

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func cpu() time.Duration {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func address(number int) net.IP {
	value := 0x10000000 + number
	return net.IPv4(byte(value>>24), byte(value>>16), byte(value>>8), byte(value)).To4()
}

func route(number int) *netlink.Route {
	return &netlink.Route{
		Dst:      &net.IPNet{IP: address(number), Mask: net.CIDRMask(32, 32)},
		Gw:       net.IPv4(10, 0, 0, 2).To4(),
		Table:    1000,
		Protocol: 4,
	}
}

// sum does not depend on the order: each entry as text, hashed, added up.
func sum(entries []string) uint32 {
	var total uint32
	for _, entry := range entries {
		hash := fnv.New32a()
		hash.Write([]byte(entry))
		total += hash.Sum32()
	}
	return total
}

func work(name string, link string) func(count int) func() string {
	handle, err := netlink.NewHandle()
	must(err)
	switch name {
	case "link-get":
		found, err := handle.LinkByName(link)
		must(err)
		index := found.Attrs().Index
		return func(count int) func() string {
			mtu := 0
			for at := 0; at < count; at++ {
				found, err := handle.LinkByIndex(index)
				must(err)
				mtu = found.Attrs().MTU
			}
			return func() string { return fmt.Sprintf(`"mtu":%d`, mtu) }
		}
	case "routes-add-delete":
		return func(count int) func() string {
			for at := 0; at < count; at++ {
				must(handle.RouteAdd(route(at)))
			}
			for at := 0; at < count; at++ {
				must(handle.RouteDel(route(at)))
			}
			return func() string { return fmt.Sprintf(`"changed":%d`, 2*count) }
		}
	case "routes-dump":
		return func(count int) func() string {
			var routes []netlink.Route
			for at := 0; at < count; at++ {
				// As with a program that is done with one before it asks for the next. All tables, as the others list them.
				routes = nil
				routes, err = handle.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Table: 0}, netlink.RT_FILTER_TABLE)
				must(err)
			}
			return func() string {
				entries := []string{}
				for _, one := range routes {
					destination, gateway := "", ""
					if one.Dst != nil {
						destination = one.Dst.String()
					}
					if one.Gw != nil {
						gateway = one.Gw.String()
					}
					entries = append(entries, fmt.Sprintf("%s|%s|%d|%d|%d|%d|%d|%d", destination, gateway, one.LinkIndex, one.Table,
						one.Protocol, one.Scope, one.Type, one.Priority))
				}
				return fmt.Sprintf(`"entries":%d,"sum":%d`, len(entries), sum(entries))
			}
		}
	case "links-dump":
		return func(count int) func() string {
			var links []netlink.Link
			for at := 0; at < count; at++ {
				links, err = handle.LinkList()
				must(err)
			}
			return func() string {
				entries := []string{}
				for _, one := range links {
					attributes := one.Attrs()
					entries = append(entries, fmt.Sprintf("%d|%s|%d|%s", attributes.Index, attributes.Name, attributes.MTU,
						attributes.HardwareAddr))
				}
				return fmt.Sprintf(`"entries":%d,"sum":%d`, len(entries), sum(entries))
			}
		}
	case "namespace-create":
		runtime.LockOSThread()
		return func(count int) func() string {
			for at := 0; at < count; at++ {
				made, err := netns.New()
				must(err)
				inside, err := netlink.NewHandle()
				must(err)
				lo, err := inside.LinkByName("lo")
				must(err)
				must(inside.LinkSetUp(lo))
				inside.Delete()
				must(made.Close())
			}
			return func() string { return fmt.Sprintf(`"made":%d`, count) }
		}
	}
	os.Exit(2)
	return nil
}

func main() {
	link := ""
	if len(os.Args) > 2 {
		link = os.Args[2]
	}
	run := work(os.Args[1], link)
	fmt.Println("ready")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		count, err := strconv.Atoi(strings.TrimSpace(input.Text()))
		must(err)
		before, start := cpu(), time.Now()
		answer := run(count)
		value := time.Since(start)
		used := cpu() - before
		fmt.Printf("{\"value\":%d,\"cpu\":%d,\"answer\":{%s}}\n", value.Nanoseconds(), used.Nanoseconds(), answer())
	}
}
