#!/bin/busybox sh
# The first process of the guest (test/guest/run.sh): finds the host's files, lays memory over them, and runs the command on them.
/bin/busybox mkdir -p /proc /dev /host /memory /root
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev

give_up() {
  echo "guest: $*" > /dev/console
  poweroff -f
}

while read -r module; do insmod "/modules/$module"; done < /order
plan9=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o "ro,cache=loose,$plan9" root /host || give_up "the host's files cannot be mounted"
mount -t tmpfs -o size=80% memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work root /root || give_up "no overlay"

run=$(sed 's/.*netlane_run=\([^ ]*\).*/\1/' /proc/cmdline)
mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t cgroup2 cgroup /root/sys/fs/cgroup
mount -t bpf bpf /root/sys/fs/bpf
mount -t debugfs debug /root/sys/kernel/debug
mount -t tmpfs -o mode=755 run /root/run
mount -t devtmpfs dev /root/dev
mkdir -p /root/dev/pts /root/dev/shm /root/dev/net
mount -t devpts pts /root/dev/pts
mount -t tmpfs shm /root/dev/shm
[ -e /root/dev/net/tun ] || mknod /root/dev/net/tun c 10 200
ln -sf /proc/self/fd /root/dev/fd
for pair in 0:stdin 1:stdout 2:stderr; do ln -sf "fd/${pair%:*}" "/root/dev/${pair#*:}"; done

# Modules are those of the guest's kernel, and busybox finds them without the indexes that kmod wants.
release=$(uname -r)
mkdir -p "/root/lib/modules/$release"
mount --bind "/root$(cat "/root$run/cache")/lib/modules/$release" "/root/lib/modules/$release"
rm -f /root/sbin/modprobe
cp /bin/busybox /root/sbin/modprobe
for name in insmod rmmod lsmod; do [ -x "/root/sbin/$name" ] || ln -s modprobe "/root/sbin/$name"; done

while read -r tag path; do
  mount -t 9p -o "cache=mmap,$plan9" "$tag" "/root$path" || give_up "cannot share $path"
done < "/root$run/shared"
hostname guest
ifconfig lo up
until [ -e /dev/vport*p2 ]; do usleep 10000; done

cat > "/root$run/start" <<START
output=\$(echo /dev/vport*p1) status_port=\$(echo /dev/vport*p2)
while read -r module; do [ -z "\$module" ] || modprobe "\$module"; done < $run/modules
exec 3> >(exec cat > "\$output") # A pipe, so that /dev/stderr can be opened, too.
printer=\$!
(exec < /dev/null >&3 2>&3 3>&-; . $run/command)
status=\$?
exec 3>&-
for ((i = 0; i < 50; i++)); do kill -0 "\$printer" 2> /dev/null || break; sleep 0.02; done # What runs on may hold the pipe.
echo "\$status" > "\$status_port"
sync
echo o > /proc/sysrq-trigger
sleep 60
START
umount /dev
exec switch_root /root /bin/bash "$run/start"
