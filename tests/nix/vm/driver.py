#!/usr/bin/python3
"""The NixOS test driver's stand-in: driver.py SYSTEMS SDBOOT… runs a script of nix/tests on nodes that are no VMs.

SYSTEMS has `script.py`, and for each node a folder with `tree` and `units`, the names of the units that it starts. Each
node is a systemd that SDBOOT boots, with its own processes, mounts and network; the nodes meet on a bridge in a network of
the driver's own, so run it under `unshare --net`. What NixOS's driver offers and no script uses is not there (NixOS
manual, "Writing Tests"): a script that needs it fails.
"""

import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time

# What only a hang reaches, also on a machine with much else to do.
PATIENCE = 180
PATH = "/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(Exception):
    pass


def sh(command):
    subprocess.run(command, shell=True, check=True)


def within(seconds, what, condition):
    """Waits until `condition` holds; gives what it gave."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failed(f"waited in vain: {what}")
        time.sleep(0.05)
    return value


class Machine:
    """A node, with the calls that NixOS's driver has for it."""

    def __init__(self, name, number, systems, sdboot):
        self.name, self.number, self.said = name, number, ""
        self.out = systems / name / "out"
        self.out.mkdir()
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(self.out / "driver"))
        self.door.listen(1)
        self.door.settimeout(PATIENCE)
        command = [*sdboot, "--tree", systems / name / "tree", "--out", self.out]
        # Of the units that sdboot keeps from starting, those that are wanted here.
        units = (systems / name / "units").read_text().split()
        for unit in units:
            command += ["--enable", unit, "--unmask", unit]
        command += ["--unmask", "dbus.service", "--unmask", "dbus.socket"]
        self.sdboot = subprocess.Popen([*command, systems / "node.py"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def meet(self):
        """The node is up: gives it its network, as NixOS's driver numbers it."""
        self.node, _ = self.door.accept()
        self.pid, _, _ = struct.unpack("3i", self.node.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        sh(f"ip link add name port{self.number} master bridge up type veth peer name eth1 netns {self.pid}")
        inside = f"nsenter --target {self.pid} --net ip"
        sh(f"{inside} address add 192.168.1.{self.number}/24 dev eth1; {inside} link set eth1 up")

    def start(self):
        """Returns once systemd knows what it is to start."""
        self.node.send(b"!")
        assert self.node.recv(1), f"{self.name} starts nothing"

    def end(self):
        """Ends it; gives its journal."""
        with contextlib.suppress(OSError, AttributeError):
            self.node.close()
        try:
            self.sdboot.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.sdboot.terminate()
            self.sdboot.wait()
        journal = self.out / "journal.txt"
        return journal.read_text(errors="replace") if journal.exists() else "no journal"

    def execute(self, command, check_return=True, check_output=True, timeout=PATIENCE):
        inside = ["nsenter", f"--target={self.pid}", "--all", "env", f"PATH={PATH}", "HOME=/root"]
        done = subprocess.run(
            [*inside, "timeout", str(timeout), "bash", "-c", f"cd /tmp; set -euo pipefail; {command}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.said = done.stderr
        return done.returncode, done.stdout

    def succeed(self, *commands, timeout=PATIENCE):
        return self._all(commands, timeout, lambda status: status == 0, "fails")

    def fail(self, *commands, timeout=PATIENCE):
        return self._all(commands, timeout, lambda status: status != 0, "succeeds")

    def _all(self, commands, timeout, is_right, what):
        answer = ""
        for command in commands:
            status, output = self.execute(command, timeout=timeout)
            if not is_right(status):
                raise Failed(f"{self.name}: `{command}` {what} ({status}): {output}{self.said}")
            answer += output
        return answer

    def wait_until_succeeds(self, command, timeout=PATIENCE):
        def tried():
            status, output = self.execute(command)
            return (output,) if status == 0 else None

        (output,) = within(timeout, f"{self.name}: {command}", tried)
        return output

    def wait_for_file(self, filename, timeout=PATIENCE):
        self.wait_until_succeeds(f"test -e {filename}", timeout)

    def wait_for_unit(self, unit, user=None, timeout=PATIENCE):
        def is_active():
            # In this order: with no job left, what is not active will not become so.
            jobs = self.execute("systemctl list-jobs --no-legend")[1].strip()
            state = self.execute(f"systemctl show --property=ActiveState --value {unit}")[1].strip()
            if state == "failed" or state == "inactive" and not jobs:
                raise Failed(f"{self.name}: {unit} is {state}\n{self.execute(f'systemctl status {unit}')[1]}")
            return state == "active"

        within(timeout, f"{self.name}: {unit} is active", is_active)


@contextlib.contextmanager
def subtest(name):
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"FAILED  {name}", flush=True)
        raise
    print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)


def main(systems, sdboot):
    sh("ip link add bridge up type bridge; ip link set lo up")
    names = sorted(path.parent.name for path in systems.glob("*/tree"))
    machines = [Machine(name, number, systems, sdboot) for number, name in enumerate(names, 1)]
    status = 1
    try:
        for machine in machines:
            machine.meet()
        for machine in machines:
            machine.start()
        script = systems / "script.py"
        calls = {"subtest": subtest, "start_all": lambda: None} | {machine.name: machine for machine in machines}
        exec(compile(script.read_text(), script, "exec"), calls)
        status = 0
    finally:
        for machine in machines:
            journal = machine.end()
            if status:
                print(f"journal of {machine.name}:\n{journal}", flush=True)


main(pathlib.Path(sys.argv[1]), sys.argv[2:])
