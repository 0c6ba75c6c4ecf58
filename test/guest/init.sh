#!/bin/busybox sh
# The first process of the guest (test/guest/run.sh): finds the host's files, lays memory over them, and runs the command on them.
/bin/busybox mkdir -p /proc /dev /host /memory /new
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
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work root /new || give_up "no overlay"

run=$(sed 's/.*netlane_run=\([^ ]*\).*/\1/' /proc/cmdline)
mount -t proc proc /new/proc
mount -t sysfs sys /new/sys
mount -t cgroup2 cgroup /new/sys/fs/cgroup
mount -t bpf bpf /new/sys/fs/bpf
mount -t debugfs debug /new/sys/kernel/debug
mount -t tmpfs -o mode=755 run /new/run
mount -t devtmpfs dev /new/dev
mkdir -p /new/dev/pts /new/dev/shm /new/dev/net
mount -t devpts pts /new/dev/pts
mount -t tmpfs shm /new/dev/shm
[ -e /new/dev/net/tun ] || mknod /new/dev/net/tun c 10 200
ln -sf /proc/self/fd /new/dev/fd
for pair in 0:stdin 1:stdout 2:stderr; do ln -sf "fd/${pair%:*}" "/new/dev/${pair#*:}"; done

# Modules are those of the guest's kernel, and busybox finds them without the indexes that kmod wants.
release=$(uname -r)
mkdir -p "/new/lib/modules/$release"
mount --bind "/new$(cat "/new$run/cache")/lib/modules/$release" "/new/lib/modules/$release"
rm -f /new/sbin/modprobe
cp /bin/busybox /new/sbin/modprobe
for name in insmod rmmod lsmod; do [ -x "/new/sbin/$name" ] || ln -s modprobe "/new/sbin/$name"; done

while read -r tag path; do
  mount -t 9p -o "cache=mmap,$plan9" "$tag" "/new$path" || give_up "cannot share $path"
done < "/new$run/shared"
hostname guest
ifconfig lo up
until [ -e /dev/vport*p2 ]; do usleep 10000; done

cat > "/new$run/start" <<START
output=\$(echo /dev/vport*p1) status_port=\$(echo /dev/vport*p2)
finish() {
  echo "\$1" > "\$status_port"
  sync
  echo o > /proc/sysrq-trigger
  sleep 60
}
while read -r module; do
  # By its path: this shell has that of the initial ram disk only.
  if [ -n "\$module" ] && ! said=\$(/sbin/modprobe "\$module" 2>&1); then
    echo "guest: the module \$module cannot be loaded: \$said" > "\$output"
    finish 125
  fi
done < $run/modules
exec 3> >(exec cat > "\$output") # A pipe, so that /dev/stderr can be opened, too.
printer=\$!
(exec < /dev/null >&3 2>&3 3>&-; . $run/command)
status=\$?
exec 3>&-
for ((i = 0; i < 50; i++)); do kill -0 "\$printer" 2> /dev/null || break; sleep 0.02; done # What runs on may hold the pipe.
finish "\$status"
START
umount /dev
exec switch_root /new /bin/bash "$run/start"
