#!/bin/sh
# Installs invited on a host with systemd, from the directory that this file is in: ./install.sh [--uninstall]
# PREFIX is where to, /usr/local by default; /etc/invited/config.toml is the configuration, wherever that is. DESTDIR goes before
# all paths, for whoever makes a package of it.
# Notes what it put there, files with their digests: an upgrade replaces these and --uninstall removes these, and nothing else.
set -eu
PREFIX=${PREFIX-/usr/local} DESTDIR=${DESTDIR-}
from=$(dirname "$0")

fail() { echo "install.sh: $*" >&2; exit 1; }
case $PREFIX in /?*) ;; *) fail "PREFIX is $PREFIX; it has to be an absolute path, such as /usr/local" ;; esac
PREFIX=${PREFIX%/}
case $PREFIX in *[!A-Za-z0-9/._-]*) fail "PREFIX is $PREFIX; units of systemd take letters, digits and / . _ - there" ;; esac
noted=$DESTDIR$PREFIX/share/doc/invited/installed
case ${1-} in
    '') act=install ;;
    --uninstall) act=uninstall ;;
    *) fail "unknown option $1; there is --uninstall" ;;
esac
[ $# -le 1 ] || fail "too much was said: $*"

# is_ours PATH: whether it was put there by this script, and is as it was then.
is_ours() { [ -f "$noted" ] && [ -f "$DESTDIR$1" ] && grep -q -F -x -- "$(digest "$1")  $1" "$noted"; }
digest() { sha256sum <"$DESTDIR$1" | cut -d ' ' -f 1; }

# What stands in place of a digest for a directory that this script made.
made=----------------------------------------------------------------
note_parents() (
    above=$(dirname "$1")
    [ -d "$DESTDIR$above" ] || { note_parents "$above" && echo "$made  $above" >>"$new"; }
)

reload() { if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi; }

if [ $act = uninstall ]; then
    [ -f "$noted" ] || fail "nothing to remove: there is no $noted; is PREFIX the one that it was installed with?"
    if [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then
        # The socket first: a connection would start the service again.
        systemctl disable --now invited.socket invited.service invited-metrics.socket 2>/dev/null || true
    fi
    grep -v "^$made" "$noted" | cut -c 67- | while read -r path; do
        [ -e "$DESTDIR$path" ] || continue
        if is_ours "$path"; then rm "$DESTDIR$path"; else echo "kept, for it was changed: $DESTDIR$path"; fi
    done
    directories=$(sed -n "s/^$made  //p" "$noted" | sort -r)
    rm "$noted"
    for directory in $directories; do rmdir --ignore-fail-on-non-empty "$DESTDIR$directory"; done
    reload
    echo "removed; keys and invites stay in /var/lib/private/invited, and what you wrote in /etc/invited"
    exit 0
fi

for needed in bin/invited lib/systemd/system/invited.service etc/invited/config.toml; do
    [ -f "$from/$needed" ] || fail "$from/$needed is missing: run it where the whole archive is unpacked"
done
"$from/bin/invited" --version >/dev/null || fail "$from/bin/invited does not run on this machine"
files=$(cd "$from" && find bin lib share -type f | sort)

# Where each file goes; nothing is written before all of these are known to be free.
for file in $files; do
    path=$PREFIX/$file
    [ ! -e "$DESTDIR$path" ] || is_ours "$path" ||
        fail "$DESTDIR$path is there already, and is not what this script put there; move it away, or choose another PREFIX"
done
config=/etc/invited/config.toml
# An earlier configuration is the admin's.
[ -e "$DESTDIR$config" ] && ! is_ours "$config" || files="$files etc/invited/config.toml"

mkdir -p "$DESTDIR/"
new=$(mktemp)
trap 'rm -f "$new"' EXIT
[ ! -f "$noted" ] || grep "^$made" "$noted" >"$new" || true
for file in $files; do
    case $file in
        etc/*) path=/$file ;;
        *) path=$PREFIX/$file ;;
    esac
    mode=644
    [ "$file" != bin/invited ] || mode=755
    note_parents "$path"
    # Beside it and then renamed: a program that runs cannot be written to.
    install -D -m $mode "$from/$file" "$DESTDIR$path.new"
    case $file in
        lib/systemd/system/*.service) sed -i "s|^ExecStart=/usr/bin/|ExecStart=$PREFIX/bin/|" "$DESTDIR$path.new" ;;
    esac
    mv "$DESTDIR$path.new" "$DESTDIR$path"
    echo "$(digest "$path")  $path" >>"$new"
done
# What an earlier version had and this one has not.
[ ! -f "$noted" ] || grep -v "^$made" "$noted" | cut -c 67- | while read -r path; do
    cut -c 67- "$new" | grep -q -F -x -- "$path" || ! is_ours "$path" || rm "$DESTDIR$path"
done
next="enable --now"
[ ! -f "$noted" ] || next=restart
install -D -m 644 "$new" "$noted"
reload
echo "installed to $DESTDIR$PREFIX. Configure it in $config until \`invited check\` says valid, or run \`invited setup\`. Then:"
echo "    systemctl $next invited.service"
