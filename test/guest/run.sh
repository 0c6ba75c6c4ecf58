#!/usr/bin/env bash
# test/guest/run.sh [-w FOLDER]... COMMAND [ARGUMENT...]
#
# Runs a command as root on Debian's stock kernel, which has every network driver, in an emulated machine (QEMU). Neither KVM nor root is
# needed here, and nothing is installed: kernel and busybox are downloaded as packages and unpacked into a cache. The command sees this
# machine's files and environment, starts in the current folder, and what it writes is lost, except under each -w FOLDER. There is no
# network card, no stdin and no terminal. Its output is printed (stdout and stderr as one), its status is this script's: 124 after the
# time limit, 125 when the guest itself failed. Everything takes about 20 times as long as here: NETLANE_TIME_FACTOR says so to the tests.
#
# Settings: NETLANE_GUEST_CACHE (~/.cache/netlane-guest), NETLANE_GUEST_KERNEL (a package's name, or a .deb by its full path),
# NETLANE_GUEST_MEMORY (2G), NETLANE_GUEST_CPUS (2), NETLANE_GUEST_SECONDS (3600), NETLANE_GUEST_MODULES (loaded before the command),
# NETLANE_GUEST_CONSOLE=1 (print the kernel's console at the end).
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
cache=$(realpath -m "${NETLANE_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/netlane-guest}")

die() {
  printf 'guest: %s\n' "$@" >&2
  exit 125
}

shared=()
while [ "${1-}" = -w ]; do
  shared+=("$(realpath -e "${2:?-w needs a folder}")")
  shift 2
done
if [ $# -eq 0 ]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi

# Says what is missing, all at once, with the line that installs it.
check_tools() {
  local missing=() pair
  [ "$(uname -m)" = x86_64 ] || die "the guest is written for x86_64, this machine is $(uname -m)"
  for pair in qemu-system-x86_64:qemu-system-x86 setpriv:util-linux "$@"; do
    command -v "${pair%%:*}" > /dev/null || missing+=("${pair##*:}")
  done
  [ "${#missing[@]}" -eq 0 ] || die "missing here: ${missing[*]}" "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
}

# An unpacked kernel boots without its own decompressor, which is slow under emulation. The payload starts with its format's magic number.
# The offsets alone are read: the bytes behind them are no UTF-8, and `read` would miss the end of their line.
unpack_kernel() {
  local image=$1 target=$2 magic command offset
  while read -r magic command; do
    while read -r offset; do
      tail -c "+$((offset + 1))" "$image" | $command > "$target" 2> /dev/null || true # What follows the payload is no part of it.
      if [ "$(head -c 4 "$target" | tail -c 3)" = ELF ]; then return; fi
    done < <(LC_ALL=C grep --only-matching --byte-offset --text --perl-regexp "$magic" "$image" | LC_ALL=C cut -d : -f 1)
  done << 'FORMATS'
\xfd7zXZ\x00 xz --decompress --stdout --quiet --single-stream
\x28\xb5\x2f\xfd zstd --decompress --stdout --quiet
FORMATS
  die "the kernel image $image has no payload that could be unpacked"
}

download() {
  local apt=(apt-get -qq -o APT::Sandbox::User=root) kernel=${NETLANE_GUEST_KERNEL:-}
  case $kernel in
    /*.deb) cp "$kernel" . && kernel= ;;
    '') kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1) ;;
  esac
  "${apt[@]}" download busybox-static ${kernel:+"$kernel"} || return 1
  compgen -G 'linux-image-*.deb' > /dev/null
}

# The modules that reach the root, with all they need, in an order in which they can be loaded.
modules_of_initrd() {
  awk -F: '
    { path[$1] = $1; needs[$1] = $2; name = $1; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name); byname[name] = $1 }
    function load(file, list, count, i) {
      if (file == "" || done[file]++) return
      count = split(needs[file], list, " ")
      for (i = 1; i <= count; i++) load(list[i])
      print file
    }
    END { count = split("virtio_pci virtio_console 9pnet_virtio 9p overlay", wanted, " "); for (k = 1; k <= count; k++) load(byname[wanted[k]]) }
  ' "$1/modules.dep"
}

# The cache holds: vmlinux, initrd, and lib/modules with what concerns networks.
fill_cache() (
  find "$(dirname "$cache")" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} + 2> /dev/null || true # Those of older scripts.
  check_tools xz:xz-utils zstd:zstd dpkg-deb:dpkg apt-get:apt
  work=$cache.$$
  rm -rf "$work"
  mkdir -p "$work/initrd/bin" "$work/initrd/modules"
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  download || { apt-get -qq update && download; } || die 'the kernel package cannot be downloaded; is a Debian mirror within reach, and apt-get update done?'
  for package in ./*.deb; do dpkg-deb --extract "$package" unpacked; done
  find unpacked -type f -name busybox -exec mv {} initrd/bin/busybox \;
  unpack_kernel unpacked/boot/vmlinuz-* vmlinux
  version=$(basename unpacked/boot/vmlinuz-* | sed 's/^vmlinuz-//')
  modules=lib/modules/$version
  mkdir -p lib/modules
  find unpacked -type d -path "*/$modules" -prune -exec mv {} lib/modules/ \;
  rm -rf unpacked ./*.deb
  # Drivers of network cards, disks and the like are most of it, and of no use here.
  find "$modules/kernel" -name '*.ko*' |
    grep --invert-match --extended-regexp '/kernel/(arch|crypto|lib|net|fs/(9p|netfs|fscache|overlayfs)|drivers/(virtio|char|ptp|pps|infiniband/(core|sw)|net))/' | xargs --no-run-if-empty rm -f
  find "$modules/kernel/drivers/net" \( -path '*/net/ethernet/*' -o -path '*/net/wireless/*' \) -name '*.ko*' ! -name '*hwsim*' ! -name 'virt_wifi*' -delete
  initrd/bin/busybox depmod -b . "$version"
  modules_of_initrd "$modules" | while read -r module; do
    name=$(basename "$module" | sed 's/\.ko.*/.ko/')
    case $module in *.xz) xz --decompress --stdout "$modules/$module" ;; *) cat "$modules/$module" ;; esac > "initrd/modules/$name"
    echo "$name" >> initrd/order
  done
  [ -s initrd/order ] || die 'the kernel package has no virtio and 9p modules where they are expected'
  install -m 755 "$here/init.sh" initrd/init
  (cd initrd && find . | ./bin/busybox cpio -o -H newc 2> /dev/null) > initrd.cpio
  rm -rf initrd
  mv initrd.cpio initrd
  mkdir -p "$(dirname "$cache")"
  mv --no-target-directory "$work" "$cache" 2> /dev/null || [ -e "$cache/initrd" ] # Another run may have been quicker.
)

# Changes of the scripts make a new cache.
check_tools
fingerprint=$(cat "$here/run.sh" "$here/init.sh" <(printf '%s' "${NETLANE_GUEST_KERNEL:-}") | sha256sum | cut -c 1-12)
cache=$cache/$fingerprint
[ -e "$cache/initrd" ] || fill_cache >&2

run=$(mktemp -d /tmp/netlane-guest.XXXXXX)
trap 'rm -rf "$run"' EXIT
export NETLANE_TIME_FACTOR=${NETLANE_TIME_FACTOR:-25}
export -p > "$run/environment"
printf '%s\n' "$cache" > "$run/cache"
printf '%s\n' ${NETLANE_GUEST_MODULES:-} > "$run/modules"
: > "$run/shared"
shares=()
for index in "${!shared[@]}"; do
  printf 'shared%s %s\n' "$index" "${shared[index]}" >> "$run/shared"
  shares+=(-virtfs "local,path=${shared[index]},mount_tag=shared$index,security_model=none,multidevs=remap")
done
{
  printf '. %q\n' "$run/environment"
  printf 'cd %q\n' "$PWD"
  printf '%q ' "$@"
} > "$run/command"

mkfifo "$run/output"
exec 7<> "$run/output" # Keeps both ends open until the guest has ended, whether it ever wrote or not.
# When whoever reads goes away, the guest must not wait for him.
{ cat || cat > /dev/null; } < "$run/output" 7>&- &
printer=$!
machine=(
  qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine q35
  # /dev/kvm inside a virtual machine opens, and then kernels die of it.
  -accel tcg -cpu 'Nehalem,+rdrand' -smp "${NETLANE_GUEST_CPUS:-2}" -m "${NETLANE_GUEST_MEMORY:-2G}"
  -kernel "$cache/vmlinux" -initrd "$cache/initrd"
  -append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr tsc=reliable audit=0 netlane_run=$run"
  -virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap" "${shares[@]}"
  -serial "file:$run/console" -device virtio-serial-pci
  -chardev "file,id=output,path=$run/output" -device virtserialport,chardev=output,nr=1
  -chardev "file,id=status,path=$run/status" -device virtserialport,chardev=status,nr=2
)
status=0
setpriv --pdeathsig TERM timeout --kill-after=5 "${NETLANE_GUEST_SECONDS:-3600}" setpriv --pdeathsig KILL "${machine[@]}" < /dev/null > "$run/qemu" 2>&1 7>&- &
emulator=$!
trap 'kill "$emulator" 2> /dev/null || true; wait "$emulator" || true; exit 143' INT TERM HUP
wait "$emulator" || status=$?
exec 7>&-
wait "$printer" || true
[ -z "${NETLANE_GUEST_CONSOLE:-}" ] || cat "$run/console" >&2
if [ -s "$run/status" ]; then exit "$(cat "$run/status")"; fi
[ "$status" -ne 124 ] || { echo "guest: stopped after ${NETLANE_GUEST_SECONDS:-3600} s" >&2; exit 124; }
tail -n 40 "$run/qemu" "$run/console" >&2 || true
die "no exit status came back (qemu ended with $status)"
