// The limit: what the work costs on plain sockets, with nothing decoded that is not needed to go on.
// peer WORK [ARGUMENT]: speaks the protocol of protocol.h.
#define _GNU_SOURCE
#include "protocol.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int route_socket = -1;
static unsigned link_index;
static char reply[1 << 18];
static unsigned sequence;

static void open_socket(void) {
  route_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (route_socket < 0) die("socket");
  int one = 1;
  setsockopt(route_socket, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
}

static ssize_t receive(void) {
  ssize_t size = recv(route_socket, reply, sizeof reply, 0);
  if (size < 0) die("recv");
  return size;
}

static void send_all(const void *bytes, size_t size) {
  if (send(route_socket, bytes, size, 0) != (ssize_t)size) die("send");
}

struct link_request {
  struct nlmsghdr header;
  struct ifinfomsg link;
};

static struct link_request link_get(void) {
  struct link_request request = {
      .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = ++sequence},
      .link = {.ifi_index = (int)link_index},
  };
  return request;
}

static unsigned mtu_of(const struct nlmsghdr *message) {
  int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(struct ifinfomsg));
  struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(message));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type == IFLA_MTU) return *(unsigned *)RTA_DATA(attribute);
  }
  return 0;
}

static void link_get_one(long count, char *answer) {
  unsigned mtu = 0;
  for (long at = 0; at < count; at++) {
    struct link_request request = link_get();
    send_all(&request, sizeof request);
    receive();
    const struct nlmsghdr *message = (const struct nlmsghdr *)reply;
    if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_seq != sequence) die("not the reply");
    mtu = mtu_of(message);
  }
  sprintf(answer, "\"mtu\":%u", mtu);
}

static void link_get_batched(long count, char *answer) {
  struct link_request requests[64];
  unsigned mtu = 0;
  for (long at = 0; at < count; at += 64) {
    for (int one = 0; one < 64; one++) requests[one] = link_get();
    send_all(requests, sizeof requests);
    for (int one = 0; one < 64; one++) {
      receive();
      mtu = mtu_of((const struct nlmsghdr *)reply);
    }
  }
  sprintf(answer, "\"mtu\":%u", mtu);
}

struct route_request {
  struct nlmsghdr header;
  struct rtmsg route;
  struct rtattr destination;
  struct in_addr destination_address;
  struct rtattr gateway;
  struct in_addr gateway_address;
  struct rtattr table;
  unsigned table_number;
};

// The routes of the benchmark: 16.0.0.0/32 and following, over 10.0.0.2, in the table 1000.
static struct route_request route_change(long number, int add) {
  struct route_request request = {
      .header = {.nlmsg_len = sizeof request,
                 .nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0),
                 .nlmsg_seq = ++sequence},
      .route = {.rtm_family = AF_INET,
                .rtm_dst_len = 32,
                .rtm_table = RT_TABLE_COMPAT,
                .rtm_protocol = RTPROT_STATIC,
                .rtm_scope = RT_SCOPE_UNIVERSE,
                .rtm_type = RTN_UNICAST},
      .destination = {.rta_len = 8, .rta_type = RTA_DST},
      .destination_address = {.s_addr = htonl(0x10000000u + (unsigned)number)},
      .gateway = {.rta_len = 8, .rta_type = RTA_GATEWAY},
      .gateway_address = {.s_addr = htonl(0x0a000002u)},
      .table = {.rta_len = 8, .rta_type = RTA_TABLE},
      .table_number = 1000,
  };
  return request;
}

static void change_routes(long count, int add) {
  struct route_request requests[64];
  for (long at = 0; at < count; at += 64) {
    int many = count - at < 64 ? (int)(count - at) : 64;
    for (int one = 0; one < many; one++) requests[one] = route_change(at + one, add);
    send_all(requests, sizeof requests[0] * (size_t)many);
    for (int acknowledged = 0; acknowledged < many; acknowledged++) {
      receive();
      const struct nlmsgerr *result = NLMSG_DATA((const struct nlmsghdr *)reply);
      if (result->error != 0) {
        errno = -result->error;
        die(add ? "add" : "delete");
      }
    }
  }
}

static void routes_add_delete(long count, char *answer) {
  change_routes(count, 1);
  change_routes(count, 0);
  sprintf(answer, "\"changed\":%ld", 2 * count);
}

// Dumps, and counts the messages that matter.
static long dump(const void *request, size_t size, unsigned type) {
  long found = 0;
  send_all(request, size);
  for (;;) {
    int left = (int)receive();
    const struct nlmsghdr *message = (const struct nlmsghdr *)reply;
    for (; NLMSG_OK(message, (unsigned)left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return found;
      if (message->nlmsg_type == NLMSG_ERROR) die("dump");
      if (message->nlmsg_type == type) found++;
    }
  }
}

static void routes_dump(long count, char *answer) {
  struct {
    struct nlmsghdr header;
    struct rtmsg route;
  } request = {
      .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .route = {.rtm_family = AF_INET},
  };
  long found = 0;
  for (long at = 0; at < count; at++) {
    request.header.nlmsg_seq = ++sequence;
    found = dump(&request, sizeof request, RTM_NEWROUTE);
  }
  sprintf(answer, "\"entries\":%ld", found);
}

static void links_dump(long count, char *answer) {
  long found = 0;
  for (long at = 0; at < count; at++) {
    struct link_request request = link_get();
    request.header.nlmsg_flags |= NLM_F_DUMP;
    request.link.ifi_index = 0;
    found = dump(&request, sizeof request, RTM_NEWLINK);
  }
  sprintf(answer, "\"entries\":%ld", found);
}

static void *make_namespace(void *unused) {
  (void)unused;
  if (unshare(CLONE_NEWNET) != 0) die("unshare");
  int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  if (fd < 0 || control < 0 || ioctl(control, SIOCSIFFLAGS, &request) != 0) die("lo up");
  close(control);
  close(fd);
  return NULL;
}

static void namespace_create(long count, char *answer) {
  for (long at = 0; at < count; at++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, make_namespace, NULL) != 0) die("pthread_create");
    pthread_join(thread, NULL);
  }
  sprintf(answer, "\"made\":%ld", count);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*work)(long count, char *answer);
  } works[] = {
      {"link-get", link_get_one},           {"link-get-batched", link_get_batched}, {"routes-add-delete", routes_add_delete},
      {"routes-dump", routes_dump},         {"links-dump", links_dump},             {"namespace-create", namespace_create},
  };
  if (argc < 2) return 2;
  open_socket();
  if (argc > 2) link_index = if_nametoindex(argv[2]);
  for (size_t at = 0; at < sizeof works / sizeof works[0]; at++) {
    if (strcmp(works[at].name, argv[1]) == 0) return serve(works[at].work);
  }
  return 2;
}
