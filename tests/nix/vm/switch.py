#!/usr/bin/python3
"""switch.py SYSTEM: what NixOS does at a switch (NixOS manual, "What happens during a system switch?"), for the folder of a
system below /nix/systems.

A unit that runs and has changed is restarted, at once where X-StopIfChanged=false, else stopped beforehand; it is reloaded
where X-Reload-Triggers alone has changed. A socket that has changed is left as it is. Then every target that is active is
started again, and with it what it has come to want.
"""

import pathlib
import shutil
import subprocess
import sys

UNITS = pathlib.Path("/etc/systemd/system")
CURRENT = pathlib.Path("/run/current-system")
# Who starts a unit is not what it does.
IGNORED = {("[Unit]", "Description"), ("[Unit]", "Documentation"), ("[Install]", "WantedBy")}


def systemctl(*words):
    subprocess.run(["systemctl", *words], check=True)


def is_active(unit):
    return subprocess.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode == 0


def parse(file):
    """Section and directive → values."""
    directives, section = {}, None
    for line in file.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif "=" in line:
            name, value = line.split("=", 1)
            directives.setdefault((section, name), []).append(value)
    return {name: values for name, values in directives.items() if name not in IGNORED}


def units(system):
    return {file.name: file for file in (system / "units").iterdir() if file.suffix in (".service", ".socket")}


old, new = units(CURRENT), units(pathlib.Path(sys.argv[1]))
stop, reload, restart, start = [], [], [], []
for name in filter(is_active, old):
    if name not in new:
        stop.append(name)
        continue
    before, after = parse(old[name]), parse(new[name])
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    if changed == {("[Unit]", "X-Reload-Triggers")}:
        reload.append(name)
    elif changed and not name.endswith(".socket"):
        if after.get(("[Service]", "X-StopIfChanged")) == ["false"]:
            restart.append(name)
        else:
            stop.append(name)
            start.append(name)

print("stop", stop, "reload", reload, "restart", restart, "start", start)
for words in [["stop", *stop]] if stop else []:
    systemctl(*words)
for name in old:
    if name not in new:
        (UNITS / name).unlink()
shutil.copytree(pathlib.Path(sys.argv[1]) / "units", UNITS, dirs_exist_ok=True)
shutil.copy(pathlib.Path(sys.argv[1]) / "config.toml", "/etc/invited/config.toml")
CURRENT.unlink()
CURRENT.symlink_to(sys.argv[1])
systemctl("daemon-reload")
wanted = [name for name, file in new.items() if "[Install]" in file.read_text()]
systemctl("--quiet", "enable", *wanted)
for verb, names in [("reload", reload), ("restart", restart), ("start", start)]:
    if names:
        systemctl(verb, *names)
systemctl("start", "multi-user.target", "sockets.target")
failed = subprocess.run(["systemctl", "--failed", "--no-legend", "--plain"], capture_output=True, text=True, check=True)
sys.exit(f"failed: {failed.stdout}" if failed.stdout.strip() else 0)
