#!/usr/bin/env bash
# sandbox.sh SOURCE PROGRAM [ARG]… <FILES: runs a program as a build of Nix does on Linux: as an ordinary user in a root with
# the source, the program, what it is linked with, and next to nothing else: no /usr, no time zones, no network but loopback.
# Of SOURCE there is only what FILES names, one a line. Needs root.
set -eu
mapfile -t files
exec unshare --mount --net --pid --ipc --uts --fork --kill-child bash -c '
set -eu
source=$1 program=$2 root=$3
shift 3
for ((; $# > 0; )); do [[ $1 != -- ]] || { shift; break; }; files+=("$1"); shift; done
mount --make-rprivate /
ip link set lo up
mount -t tmpfs -o mode=755 sandbox "$root"

show() {
    if [[ -d $1 ]]; then mkdir -p "$root$1"; else install -D /dev/null "$root$1"; fi
    mount --bind "$1" "$root$1"
    mount -o remount,bind,ro "$root$1"
}
mapfile -t libraries < <(ldd "$program" | grep -o "/[^ ]*")
for path in "${files[@]}" "${libraries[@]}" "$program"; do show "$path"; done

mkdir -p "$root"/{build,etc,proc,tmp,dev/shm}
chown 1000:100 "$root/build"
chmod 1777 "$root/tmp" "$root/dev/shm"
printf "root:x:0:0::/build:/noshell\nnixbld:x:1000:100::/build:/noshell\nnobody:x:65534:65534::/:/noshell\n" >"$root/etc/passwd"
printf "root:x:0:\nnixbld:!:100:\nnogroup:x:65534:\n" >"$root/etc/group"
printf "127.0.0.1 localhost\n::1 localhost\n" >"$root/etc/hosts"
for device in null zero full random urandom tty; do show "/dev/$device"; mount -o remount,bind,rw "$root/dev/$device"; done
mount -t proc proc "$root/proc"

exec env -i HOME=/homeless-shelter PATH=/path-not-set TMPDIR=/build NIX_BUILD_TOP=/build TZ=UTC \
    "$(command -v unshare)" --root="$root" --wd="$source" --setgid=100 --setuid=1000 "$program" "$@"' \
    _ "$1" "$2" "$(mktemp -d)" "${files[@]}" -- "${@:3}"
