"""What the checks under a booted systemd have in common: checks that count, systemctl, requests, and a crowd of clients."""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time
import traceback

from patience import PATIENCE

UNIX = "/run/invited/http.sock"
TCP = ("127.0.0.1", 5290)
HERE = "/boot-test"

_checks = []


def check(function):
    """A check; its name is what must be true. What it returns is printed beside it."""
    _checks.append(function)
    return function


def run_checks():
    failed = 0
    for function in _checks:
        name = function.__name__.replace("_", " ")
        began = time.monotonic()
        try:
            note = function()
            took = f"{time.monotonic() - began:.1f} s"
            print(f"ok      {name} ({note}; {took})" if note else f"ok      {name} ({took})", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {name}\n    " + traceback.format_exc().replace("\n", "\n    "))
            print(sh("journalctl --sync; journalctl --no-pager --lines=40 --output=short-precise --no-hostname; true").stdout, flush=True)
    return 1 if failed else 0


def sh(command, status=0, **options):
    """Runs a shell command, which must end with `status`; None for any."""
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE, **options)
    if status is not None:
        assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def out(command):
    return sh(command).stdout.strip()


def prop(name, unit="invited.service"):
    return out(f"systemctl show --property={name} --value {unit}")


def assert_nothing_failed():
    """No unit of the system has failed, whosever it is; those that have are told with what they said."""
    failed = out("systemctl --failed --no-legend --plain | cut -d ' ' -f 1").split()
    assert not failed, sh(f"systemctl status --no-pager --full --lines=40 {' '.join(failed)}", status=None).stdout


def pid():
    return int(prop("MainPID"))


def until(condition, what):
    """Waits until `condition` holds; gives what it gave."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}; status: {prop('StatusText')!r}"
        time.sleep(0.02)
    return value


@contextlib.contextmanager
def undisturbed():
    """This test, PID 1 and what it starts go before all else on this machine (sched(7)), so that times are the machine's
    own, however busy others keep it. Gives whether the kernel lets us."""
    try:
        for process in [os.getpid(), 1]:
            os.sched_setscheduler(process, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        yield False
        return
    try:
        yield True
    finally:
        for process in [os.getpid(), 1]:
            os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))


@contextlib.contextmanager
def written(path, text):
    """The file is there for a while."""
    write(path, text)
    try:
        yield
    finally:
        os.remove(path)


def let_packages_start_services():
    """Containers forbid packages to do that; this is no container."""
    if os.path.exists("/usr/sbin/policy-rc.d"):
        os.remove("/usr/sbin/policy-rc.d")


def certify(name, directory):
    """Gives this machine a name, and a certificate for it; gives the file of whom to trust."""
    write("/etc/hosts", open("/etc/hosts").read() + f"127.0.0.1 {name}\n")
    sh(
        f"install -d {directory}; cd {directory}; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        f" -subj /CN={name} -addext subjectAltName=DNS:{name} -addext basicConstraints=critical,CA:FALSE"
        " -keyout privkey.pem -out fullchain.pem"
    )
    return f"{directory}/fullchain.pem"


def write(path, text, mode=0o644):
    sh(f"install -D -m {mode:o} /dev/null {path}")
    with open(path, "w") as file:
        file.write(text)


def journal(text):
    """How many lines of the service's journal contain `text`."""
    sh("journalctl --sync")
    return int(out(f"journalctl --no-pager --output=cat --all --unit=invited.service | grep --count --fixed-strings '{text}' || true"))


class Answer:
    def __init__(self, head, body):
        lines = head.split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.body = body

    @property
    def token(self):
        assert self.status == 201, (self.status, self.body)
        return re.fullmatch(r"https://[^?]+/invite\?([\w-]{24})", self.headers["location"])[1]


class Client:
    """One connection."""

    def __init__(self, where=UNIX):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(where)
        self.inbox = b""

    def send(self, key, method="POST", target="/invites_api", headers=(), body=""):
        lines = [f"{method} {target} HTTP/1.1", "Host: x", *headers]
        if key:
            lines.append(f"Authorization: Bearer {key}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def read(self):
        """The next answer; None when the connection ends before it begins."""
        while b"\r\n\r\n" not in self.inbox:
            if not (more := self.socket.recv(4096)):
                assert not self.inbox, f"half an answer: {self.inbox}"
                return None
            self.inbox += more
        head, _, rest = self.inbox.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
        while len(rest) < length:
            more = self.socket.recv(4096)
            assert more, "half a body"
            rest += more
        self.inbox = rest[length:]
        return Answer(head.decode(), rest[:length].decode())

    def ask(self, key, **request):
        self.send(key, **request)
        answer = self.read()
        assert answer, "the connection ended without an answer"
        return answer


def invite(key, where=UNIX, **request):
    """Has one invite made on a connection of its own; gives its token."""
    return Client(where).ask(key, **request).token


class Crowd:
    """Clients that make invites without a pause; each keeps its connection until it is told that an answer was the last."""

    def __init__(self, key, clients=16, wheres=(UNIX, TCP)):
        self.key, self.enough, self.lock = key, False, threading.Lock()
        self.made, self.refused, self.lost, self.slowest = [], [], [], 0.0
        self.threads = [threading.Thread(target=self._ask, args=(where,)) for where in wheres for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def _ask(self, where):
        client = None
        while not self.enough:
            began = time.monotonic()
            try:
                client = client or Client(where)
            except OSError as error:
                self.refused.append(repr(error))
                time.sleep(0.05)
                continue
            try:
                answer = client.ask(self.key)
                token = answer.token
            except (OSError, AssertionError) as error:
                self.lost.append(repr(error))
                client = None
                continue
            with self.lock:
                self.made.append(token)
                self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.headers.get("connection") == "close":
                client = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def more(self, count=200):
        """Waits until so many more are made."""
        goal = len(self.made) + count
        until(lambda: len(self.made) >= goal, f"{count} more invites")

    def end(self):
        self.enough = True
        for thread in self.threads:
            thread.join()

    def all_well(self):
        """Nobody was refused, nothing was lost, and all that was answered is in the ledger."""
        self.end()
        assert not self.refused, f"{len(self.refused)} refused: {self.refused[:3]}"
        assert not self.lost, f"{len(self.lost)} lost: {self.lost[:3]}"
        self.in_ledger()
        return f"{len(self.made)} invites, 0 refused, 0 lost, slowest {self.slowest * 1000:.0f} ms"

    def in_ledger(self):
        missing = set(self.made) - ledger()
        assert not missing, f"{len(missing)} of {len(self.made)} are not in the ledger"


def ledger():
    """The tokens of all invites."""
    return {invite["token"] for invite in json.loads(sh("invited invite list --json").stdout)["invites"]}
