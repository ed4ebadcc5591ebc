#!/usr/bin/python3
"""The installed service under a booted systemd: activation, users, credentials, restarts, crashes, hangs, disks, sandbox."""

import glob
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, "/boot-test")
from harness import HERE, PATIENCE, TCP, UNIX, Client, Crowd, assert_nothing_failed, check, invite, journal, ledger, let_packages_start_services, out, pid, prop, run_checks, sh, undisturbed, until, write, written

CONFIG = "/etc/invited/config.toml"
BASE = 'public_url = "https://invite.example.com/"\n[hosts."example.com"]\n'
STATE = "/var/lib/private/invited"
EXAMPLES = "/usr/share/doc/invited/examples"
WRONG = 'colour = "red"\n'
SECRET = "first-secret-of-the-website"
PASSWORD = "a balcony in Verona"
METRICS = ("127.0.0.1", 9280)
keys = {}
# All that was handed out before the ledger was begun anew.
tokens = set()


def page(name, section, language):
    """The last such block of the section."""
    text = open(f"{HERE}/docs/{name}").read().split(f"\n## {section}\n")[1].split("\n## ")[0]
    return text.split(f"```{language}\n")[-1].split("```")[0]


def drop_in(unit, name, text=None):
    """Puts a drop-in in place: a shipped one, or `text`."""
    text = text or pathlib.Path(f"{EXAMPLES}/{unit}.d/{name}.conf").read_text()
    write(f"/etc/systemd/system/{unit}.d/{name}.conf", text)
    sh("systemctl daemon-reload")


def drop_out(unit, name):
    os.remove(f"/etc/systemd/system/{unit}.d/{name}.conf")
    sh("systemctl daemon-reload")


def restart():
    sh("systemctl restart invited.service")


def stop_service():
    """The socket goes on listening."""
    sh("systemctl stop invited.service")


def dormant():
    return (prop("ActiveState"), prop("ActiveState", "invited.socket")) == ("inactive", "active")


def proc(name):
    return pathlib.Path(f"/proc/{pid()}/{name}").read_text()


def new_pid(old):
    return until(lambda: (new := pid()) not in (0, old) and prop("ActiveState") == "active" and new, "a new process")


# All that is logged is to be looked through; by default journald drops what is more than 10,000 lines in 30 s.
write("/etc/systemd/journald.conf.d/all.conf", "[Journal]\nRateLimitBurst=0\n")
sh("systemctl restart systemd-journald.service")
let_packages_start_services()


@check
def key_that_root_makes_before_the_service_ever_ran_belongs_to_the_service_when_it_runs():
    sh(f"dpkg --install {sorted(glob.glob(f'{HERE}/*.deb'))[0]}")
    write("/etc/invited/conf.d/site.toml", BASE)
    sh("systemctl enable --now invited.socket")
    keys["early"] = out("invited key create Early")
    assert dormant(), "nothing has connected"
    invite(keys["early"])
    owner = os.stat(STATE).st_uid
    assert owner >= 61184, f"{owner} is not a dynamic user"
    assert str(owner) == re.search(r"Uid:\s+(\d+)", proc("status"))[1]
    wrong = [path for path in pathlib.Path(STATE).rglob("*") if path.stat().st_uid != owner]
    assert not wrong, wrong
    assert os.stat(STATE).st_mode & 0o777 == 0o700
    assert os.readlink("/var/lib/invited") == "private/invited"


@check
def key_and_invite_that_root_makes_beside_the_running_service_work_at_once():
    before, owner = pid(), os.stat(STATE).st_uid
    keys["beside"] = out("invited key create --id beside Beside")
    invite(keys["beside"])
    link = out("invited invite create").split()[-1]
    token = re.search(r"\?([\w-]{24})", link)[1]
    page = Client().ask(None, method="GET", target=f"/invite?{token}")
    assert page.status == 200, page.status
    assert pid() == before
    key = pathlib.Path(STATE, "keys/beside.toml").stat()
    assert (key.st_uid, key.st_mode & 0o777) == (owner, 0o600)
    sh("invited key delete beside")
    answer = until(lambda: (answer := Client().ask(keys["beside"])).status == 403 and answer, "a deleted key is refused")
    assert answer.status == 403


@check
def what_root_writes_while_the_service_is_stopped_can_be_written_by_the_service():
    stop_service()
    sh("invited invite create --count 2; invited invite list")
    keys["main"] = out("invited key create Main")
    invite(keys["main"])
    owner = os.stat(STATE).st_uid
    wrong = [path for path in pathlib.Path(STATE).rglob("*") if path.stat().st_uid != owner]
    assert not wrong, wrong
    assert prop("NRestarts") == "0" and prop("ActiveState") == "active"


@check
def socket_file_is_for_root_and_its_group():
    assert os.stat(UNIX).st_mode & 0o777 == 0o660
    drop_in("invited.socket", "group")
    sh("systemctl restart invited.socket")
    assert out(f"stat --format=%G {UNIX}") == "www-data"
    curl = f"curl --silent --output /dev/null --write-out '%{{http_code}}' --unix-socket {UNIX} http://x/healthz"
    assert out(f"setpriv --reuid=nobody --regid=www-data --clear-groups {curl}") == "200"
    sh(f"setpriv --reuid=nobody --regid=nogroup --clear-groups {curl}", status=7)


@check
def tcp_drop_in_opens_a_port_and_the_service_has_no_network_all_the_same():
    drop_in("invited.socket", "tcp")
    sh("systemctl stop invited.socket invited.service; systemctl start invited.socket")
    assert dormant()
    invite(keys["main"], TCP)
    invite(keys["main"], UNIX)
    assert os.stat(f"/proc/{pid()}/ns/net").st_ino != os.stat("/proc/1/ns/net").st_ino


def scrape(where=METRICS):
    answer = Client(where).ask(None, method="GET", target="/metrics")
    assert (answer.status, answer.body.endswith("# EOF\n")) == (200, True), (answer.status, answer.body)


@check
def metrics_are_collected_on_a_socket_of_their_own():
    sh(f"install -m 644 {EXAMPLES}/invited-metrics.socket /etc/systemd/system/; systemctl daemon-reload; systemctl enable invited-metrics.socket; systemctl restart invited.service")
    scrape()
    assert Client().ask(None, method="GET", target="/metrics").status == 404
    assert Client(METRICS).ask(None, method="GET", target="/healthz").status == 404
    # Whichever socket starts the service, it has both.
    for first, second in [(scrape, lambda: invite(keys["main"])), (lambda: invite(keys["main"]), scrape)]:
        stop_service()
        assert dormant()
        first()
        before = pid()
        second()
        assert pid() == before
    # It goes along when the other is restarted, and takes up what has changed.
    elsewhere = ("127.0.0.1", 9281)
    drop_in("invited-metrics.socket", "elsewhere", "[Socket]\nListenStream=\nListenStream=%s:%d\n" % elsewhere)
    sh("systemctl restart invited.socket")
    scrape(elsewhere)
    drop_out("invited-metrics.socket", "elsewhere")
    sh("systemctl restart invited.socket")
    scrape()


@check
def socket_that_is_restarted_again_and_again_stays_open():
    for _ in range(10):
        invite(keys["main"])
        sh("systemctl restart invited.socket")
    invite(keys["main"])


@check
def no_process_that_cleans_up_keeps_a_socket_from_being_opened_again():
    # Where it is a directory, systemd 257 forks to remove it, and that process has all sockets open for a moment.
    private = prop("PrivateTmpEx")
    assert private in ("", "disconnected"), private
    invite(keys["main"])
    sh(f"mkdir /proc/{pid()}/root/tmp/many; cd /proc/{pid()}/root/tmp/many; seq 20000 | xargs touch")
    assert not os.path.exists("/tmp/many")
    sh("systemctl restart invited.socket")
    cleaning = out("pgrep --full '^\\(sd-rmrf\\)' || true")
    assert not (private and cleaning), cleaning
    invite(keys["main"])


@check
def neither_socket_needs_the_other():
    sh("systemctl stop invited-metrics.socket invited.service")
    with socket.create_server(METRICS):
        invite(keys["main"])
        assert prop("ActiveState", "invited-metrics.socket") == "failed"
        # And again, when systemd knows that it fails.
        restart()
        invite(keys["main"])
    restart()
    scrape()
    sh("systemctl stop invited.socket; systemctl start invited-metrics.socket")
    assert dormant_but_for_metrics()
    scrape()
    assert prop("ActiveState", "invited.socket") == "active"
    invite(keys["main"])


def dormant_but_for_metrics():
    states = [prop("ActiveState", unit) for unit in ["invited.service", "invited.socket", "invited-metrics.socket"]]
    return states == ["inactive", "inactive", "active"]


@check
def socket_that_cannot_be_opened_puts_the_other_one_off_until_it_can():
    sh("systemctl stop invited.socket invited-metrics.socket")
    try:
        with socket.create_server(TCP):
            sh("systemctl start invited-metrics.socket")
            collector = Client(METRICS)
            until(lambda: prop("ActiveState", "invited-metrics.socket") == "failed", "it gives up")
            collector.socket.close()
            tries = journal("Dependency failed")
            assert 0 < tries <= 30, tries
    finally:
        sh("systemctl reset-failed; systemctl start invited.socket")
    invite(keys["main"])
    scrape()
    return f"{tries} tries"


@check
def metrics_listen_is_told_to_be_a_socket():
    # So shortly after all these tries, the next connection may be one too many (TriggerLimitBurst= in systemd.socket(5)).
    sh("systemctl disable --now invited-metrics.socket; systemctl stop invited.service; rm /etc/systemd/system/invited-metrics.socket; systemctl daemon-reload; systemctl reset-failed")
    with written("/etc/invited/conf.d/metrics.toml", '[metrics]\nlisten = ["127.0.0.1:9280"]\n'):
        assert Client().ask(keys["main"]).status == 503
        until(lambda: journal("under systemd, remove it and enable invited-metrics.socket"), "the way out")
    until(lambda: Client().ask(keys["main"]).status == 201, "healed")


@check
def sandbox_is_in_force_and_refuses_nothing_that_the_service_needs():
    status = dict(line.split(":\t", 1) for line in proc("status").splitlines() if ":\t" in line)
    found = {name: status[name].strip() for name in ["Seccomp", "NoNewPrivs", "CapEff", "CapBnd"]}
    assert found == {"Seccomp": "2", "NoNewPrivs": "1", "CapEff": "0" * 16, "CapBnd": "0" * 16}, found
    enter = f"nsenter --target {pid()} --mount touch "
    for path in ["/etc/invited/x", "/usr/x", "/var/lib/x", "/root/x"]:
        assert re.search("Read-only|denied", sh(enter + path, status=1).stderr), path
    sh(f"{enter} {STATE}/x; rm {STATE}/x")
    assert "max core file size 0 0" in re.sub(" +", " ", proc("limits").lower())
    assert not journal("not permitted"), "the system call filter is in the way"


@check
def inherited_sockets_are_not_passed_on_and_there_are_no_children():
    group = out("systemctl show --property=ControlGroup --value invited.service")
    members = pathlib.Path(f"/sys/fs/cgroup{group}/cgroup.procs").read_text().split()
    assert members == [str(pid())], members
    for descriptor in [3, 4]:
        info = proc(f"fdinfo/{descriptor}")
        assert int(re.search(r"flags:\s+(\d+)", info)[1], 8) & 0o2000000, f"descriptor {descriptor} survives exec"


@check
def credentials_reach_the_service_and_a_restart_reads_new_ones():
    write("/etc/invited/conf.d/website.toml", '[keys.website]\nsecret_file = "website"\n')
    write("/etc/invited/credentials/website", SECRET + "\n", 0o600)
    drop_in("invited.service", "credentials")
    restart()
    invite(f"website/{SECRET}")
    write("/etc/invited/credentials/website", "second-" + SECRET + "\n", 0o600)
    restart()
    invite(f"website/second-{SECRET}")
    assert Client().ask(f"website/{SECRET}").status == 403


@check
def ten_restarts_and_ten_reloads_under_32_clients_refuse_and_lose_nothing():
    with Crowd(keys["main"]) as crowd:
        crowd.more()
        for _ in range(10):
            before = pid()
            restart()
            now = pid()
            assert now != before
            crowd.more()
            declared = '[keys.reloaded]\nsha256 = "' + "0" * 64 + '"\n'
            with written("/etc/invited/conf.d/reloaded.toml", declared):
                sh("systemctl reload invited.service")
                until(lambda: "4 keys" in prop("StatusText"), "the reload")
            sh("systemctl reload invited.service")
            until(lambda: "3 keys" in prop("StatusText"), "the next reload")
            crowd.more()
            assert pid() == now, "a reload must keep the process"
    # A second is promised, and printed beside what it was; whoever else is on this machine decides that.
    return f"{crowd.all_well()}; at most 1000 asked"


@check
def killed_under_load_it_starts_again_and_loses_only_what_was_not_answered():
    with Crowd(keys["main"]) as crowd:
        for _ in range(3):
            crowd.more()
            before = pid()
            os.kill(before, signal.SIGKILL)
            new_pid(before)
            crowd.more()
    assert not crowd.refused, crowd.refused[:3]
    # One request of each client at the most is under way at each kill.
    lost = len(crowd.lost)
    assert 0 < lost <= 3 * 32, lost
    crowd.in_ledger()
    assert prop("ActiveState", "invited.socket") == "active"
    return f"{len(crowd.made)} invites, 3 kills, {lost} unanswered, slowest {crowd.slowest * 1000:.0f} ms"


# Stops one thread as a debugger does, and holds it until the process is gone.
WEDGE = """
import ctypes, os, sys
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
SEIZE, INTERRUPT = 0x4206, 0x4207
thread = int(sys.argv[1])
for request in (SEIZE, INTERRUPT):
    if ptrace(request, thread, None, None):
        sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(thread, 0x40000000)
print("stopped", flush=True)
os.waitpid(thread, 0x40000000)
"""


def watchdog_kills(hang):
    """`hang` wedges the process; the watchdog must end it, and the socket's next connection be answered."""
    before, kills = pid(), journal("Watchdog timeout")
    began = time.monotonic()
    hung = hang(before)
    new_pid(before)
    took = time.monotonic() - began
    assert journal("Watchdog timeout") == kills + 1
    if hung:
        hung.wait(timeout=PATIENCE)
    invite(keys["main"])
    return f"{took:.1f} s, WatchdogSec=2s"


@check
def stopped_process_is_killed_by_the_watchdog():
    drop_in("invited.service", "watchdog", "[Service]\nWatchdogSec=2s\n")
    restart()
    return watchdog_kills(lambda process: os.kill(process, signal.SIGSTOP))


@check
def hung_writer_of_the_ledger_is_killed_by_the_watchdog():
    def hang(process):
        threads = {path.parent.name: path.read_text().strip() for path in pathlib.Path(f"/proc/{process}/task").glob("*/comm")}
        (thread,) = [thread for thread, name in threads.items() if name == "ledger"]
        wedge = subprocess.Popen(["/usr/bin/python3", "-c", WEDGE, thread], stdout=subprocess.PIPE, text=True)
        assert wedge.stdout.readline() == "stopped\n"
        return wedge

    note = watchdog_kills(hang)
    drop_out("invited.service", "watchdog")
    restart()
    return note


@check
def reload_with_a_configuration_that_is_wrong_changes_nothing():
    before, refused = pid(), journal("event=reload.refused")
    with written("/etc/invited/conf.d/wrong.toml", WRONG):
        sh("systemctl reload invited.service")
        until(lambda: journal("event=reload.refused") > refused, "the refusal")
        assert journal("colour (/etc/invited/conf.d/wrong.toml)")
        invite(keys["main"])
    assert pid() == before


@check
def stop_drains():
    slow = Client()
    slow.send(keys["main"], headers=["Content-Length: 4"], body="ab")
    fast = Client()
    assert fast.ask(keys["main"]).status == 201
    stopping = subprocess.Popen(["systemctl", "stop", "invited.socket", "invited.service"])
    until(lambda: prop("ActiveState") == "deactivating" and "in flight" in prop("StatusText"), "STOPPING=1")
    slow.socket.sendall(b"cd")
    answer = slow.read()
    assert answer.token in ledger()
    assert answer.headers["connection"] == "close"
    assert stopping.wait(PATIENCE) == 0
    assert prop("Result") == "success" and not os.path.exists(UNIX)
    sh("systemctl start invited.socket")


@check
def idle_service_ends_and_the_next_connection_starts_it():
    with written("/etc/invited/conf.d/idle.toml", 'idle_exit = "1s"\n'):
        restart()
        for _ in range(3):
            invite(keys["main"])
            until(dormant, "the idle exit")
            assert prop("Result") == "success"
    invite(keys["main"])


@check
def wrong_configuration_leaves_the_socket_up_and_says_why():
    stop_service()
    with written("/etc/invited/conf.d/wrong.toml", WRONG):
        starts, asked, began = journal("Starting invited.service"), 0, time.monotonic()
        end = began + 6
        # As many as would hit systemd's own limits, if each of them started the service anew.
        while time.monotonic() < end or journal("Starting invited.service") < starts + 2:
            assert Client().ask(keys["main"]).status == 503
            asked += 1
        until(lambda: prop("ActiveState") == "failed", "it gives up")
        starts, took = journal("Starting invited.service") - starts, time.monotonic() - began
        assert 2 <= starts <= took + 1, (starts, took)
        assert prop("ExecMainStatus") == "2"
        assert prop("ActiveState", "invited.socket") == "active"
        status = sh("systemctl status --no-pager --full invited.service", status=3).stdout
        assert "colour (/etc/invited/conf.d/wrong.toml)" in status, status
    invite(keys["main"])
    return f"{asked} requests answered 503 by {starts} starts in {took:.0f} s"


@check
def full_disk_is_answered_503_and_heals():
    return disk("database or disk is full", f"dd if=/dev/zero of={STATE}/filler bs=4k 2>/dev/null; true", f"rm {STATE}/filler")


@check
def read_only_disk_is_answered_503_and_heals():
    stop_service()
    return disk("attempt to write a readonly database", READ_ONLY, WRITABLE)


# The disk, as after an error, and not the mount: that of a running service is a copy.
READ_ONLY = f"mount --options remount,ro {STATE}; mount --options remount,bind,rw {STATE}"
WRITABLE = f"mount --options remount,rw {STATE}"


def disk(says, breaks, mends):
    """Runs the service on a small disk of its own that `breaks` and is mended; meanwhile STATUS= `says` why."""
    if not os.path.ismount(STATE):
        stop_service()
        owner = os.stat(STATE)
        sh(f"cp --archive {STATE} /tmp/state; mount --types tmpfs --options size=64m,mode=700,uid={owner.st_uid},gid={owner.st_gid} state {STATE}")
        sh(f"cp --archive /tmp/state/. {STATE}/")
        invite(keys["main"])
    sh(breaks)
    try:
        # What SQLite has already made room for is still written.
        answer = until(lambda: (answer := Client().ask(keys["main"])).status != 201 and answer, "a refusal")
        assert (answer.status, "retry-after" in answer.headers) == (503, True), answer.status
        status = until(lambda: "ledger" in (status := prop("StatusText")) and status, "STATUS=")
        assert "serving example.com" in status and says in status, status
    finally:
        sh(mends)
    before = pid()
    until(lambda: Client().ask(keys["main"]).status == 201, "healed")
    until(lambda: "ledger" not in prop("StatusText"), "STATUS= says so")
    assert pid() == before
    return f"STATUS={status}"


@check
def first_start_on_a_read_only_disk_is_answered_503_and_heals():
    stop_service()
    os.mkdir("/tmp/aside")
    sh(f"mv {STATE}/* /tmp/aside/; {READ_ONLY}")
    assert Client().ask(keys["main"]).status == 503
    until(lambda: int(prop("NRestarts")) >= 1, "it tries again")
    sh(f"{WRITABLE}; mv /tmp/aside/* {STATE}/")
    until(lambda: Client().ask(keys["main"]).status == 201, "healed")
    stop_service()
    sh(f"umount {STATE}")


@check
def drop_ins_give_what_they_say():
    drop_in("invited.service", "network")
    drop_in("invited.service", "prosody")
    restart()
    invite(keys["main"])
    assert os.stat(f"/proc/{pid()}/ns/net").st_ino == os.stat("/proc/1/ns/net").st_ino
    group = out("getent group prosody | cut -d: -f3")
    # In a user namespace the group has no number, and counts all the same.
    inside = re.search(r"Groups:\s+(.*)", proc("status"))[1].split()
    assert group in inside, (group, inside)
    drop_out("invited.service", "network")
    drop_out("invited.service", "prosody")
    restart()


def ready(state):
    """Waits until the XMPP server is in this state, as the service sees it."""
    def holds():
        answer = Client().ask(None, method="GET", target="/readyz")
        return answer.status == 200 and json.loads(answer.body)["backends"]["example.com"]["state"] == state
    until(holds, f"the XMPP server is {state}")


def mint():
    """An invite with its link for apps."""
    body = '{"uri": true}'
    headers = ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    answer = Client().ask(keys["main"], target="/api/v1/invites", headers=headers, body=body)
    assert answer.status == 201, (answer.status, answer.body)
    return json.loads(answer.body)


def sign_up(username):
    """As a guest does, with the form; the account must be there afterwards."""
    token = invite(keys["main"])
    form = Client().ask(None, method="GET", target=f"/register?t={token}")
    csrf = re.search(r'name="csrf" value="([^"]+)"', form.body)[1]
    cookie = form.headers["set-cookie"].partition(";")[0]
    body = urllib.parse.urlencode({"csrf": csrf, "token": token, "username": username, "password": PASSWORD})
    headers = ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", f"Cookie: {cookie}"]
    answer = Client().ask(None, target=f"/register?t={token}", headers=headers, body=body)
    if answer.status == 303:
        assert os.path.exists(f"/var/lib/prosody/example%2ecom/accounts/{username}.dat"), username
    return answer.status


def check_connect(status):
    """What `check --connect` says to root, on stdout and then on stderr; in the state directory it changes nothing."""
    def files():
        return [(str(path), path.stat().st_uid, path.stat().st_mode) for path in sorted(pathlib.Path(STATE).rglob("*"))]
    before = files()
    done = sh("invited check --connect", status=status)
    assert files() == before
    return done.stdout + done.stderr


@check
def prosody_is_reached_as_its_page_says_with_the_drop_in_and_not_without():
    shown = pathlib.Path(f"{EXAMPLES}/invited.service.d/prosody.conf").read_text()
    umask, *unit = re.findall("(?m)^#     (.*)$", shown)
    lua = page("prosody.md", "Set up", "lua")
    assert umask in lua, (umask, lua)
    lua = lua.replace("modules_enabled = {", 'modules_enabled = { "roster"; "saslauth"; "disco"; "ping";')
    # Clients of this machine alone, without encryption: there is no certificate.
    write("/etc/prosody/prosody.cfg.lua", lua + """
modules_disabled = { "s2s", "http", "tls" }
pidfile = "/run/prosody/prosody.pid"
log = { info = "*stdout" }
c2s_interfaces = { "127.0.0.1" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
admins = { "invites-admin@example.com" }
VirtualHost "example.com"
""")
    write("/etc/systemd/system/prosody.service.d/umask.conf", "\n".join(unit) + "\n")
    sh("systemctl daemon-reload; systemctl start prosody.service")
    toml = page("prosody.md", "Set up", "toml")
    path = re.search('socket = "(.*)"', toml)[1]
    assert path in shown, (path, shown)
    until(lambda: os.path.exists(path), "the admin socket")
    assert out(f"stat --format=%a:%U:%G {path}") == "770:prosody:prosody"

    write("/etc/invited/conf.d/backend.toml", toml)
    restart()
    ready("away")
    assert sign_up("nobody") == 503
    # Root could connect; what counts is whether the service can.
    said = check_connect(1)
    assert said.startswith("example.com: no answer from prosody") and "Permission denied" in said, said
    assert "tried as user invited and without network" in said, said
    drop_in("invited.service", "prosody")
    restart()
    ready("ok")
    said = check_connect(0)
    version = re.match(r"\d+\.\d+", out("dpkg-query --show --showformat '${Version}' prosody"))[0]
    assert said.startswith(f"example.com: Prosody {version}") and "valid: 1 host" in said, said
    assert "tried as user invited with group prosody and without network" in said, said
    assert "preauth=" in mint()["uri"]
    # By hand, too: with the groups that the running service has.
    assert "preauth=" in out("invited invite create --uri")
    assert sign_up("juliet") == 303
    assert not journal("not permitted"), "the system call filter is in the way"
    return f"Prosody {version}"


def boot_again():
    """Stops the service and Prosody, and starts what a boot would start of them; all else that this machine wants then is
    not for a test to start."""
    wanted = {unit for target in ["sockets.target", "multi-user.target"] for unit in prop("Wants", target).split() if unit.startswith(("invited", "prosody"))}
    sh("systemctl stop invited.socket invited.service prosody.service")
    write("/run/systemd/system/again.target", f"[Unit]\nWants={' '.join(sorted(wanted))}\n")
    sh("systemctl daemon-reload; systemctl start again.target; systemctl stop again.target")


def is_at_the_admin_socket():
    """Whether the service is connected to it (proc_net_unix(5): 03; both ends are in the network of who connects)."""
    return any(line.endswith("/prosody.sock") and line.split()[5] == "03" for line in proc("net/unix").splitlines())


@check
def service_that_is_enabled_is_at_prosody_from_boot_on_before_anybody_calls():
    assert prop("UnitFileState") == "disabled"
    boot_again()
    assert dormant() and prop("ActiveState", "prosody.service") == "active"
    sh("systemctl enable invited.service")
    boot_again()
    until(is_at_the_admin_socket, "it connects by itself")
    assert prop("ActiveState") == "active"


@check
def xmpp_server_behind_tcp_is_reached_with_the_drop_in_and_not_without():
    drop_out("invited.service", "prosody")
    sh(f"prosodyctl register invites-admin example.com '{PASSWORD}'")
    write("/etc/invited/credentials/xmpp-password", PASSWORD + "\n", 0o600)
    drop_in("invited.service", "password", "[Service]\nLoadCredential=xmpp-password:/etc/invited/credentials/xmpp-password\n")
    write("/etc/invited/conf.d/backend.toml", page("any-server.md", "Set up", "toml") + 'tls = "off"\n')
    restart()
    ready("away")
    said = check_connect(1)
    assert "cannot connect to 127.0.0.1:5222" in said and "without network (its drop-in network.conf" in said, said
    drop_in("invited.service", "network")
    restart()
    ready("ok")
    # With the account's password, which is a credential of the service.
    said = check_connect(0)
    assert "missing" not in said and "tried as user invited, as systemd runs" in said, said
    stop_service()
    said = check_connect(0)
    assert "tried as user invited, as systemd runs" in said, said
    drop_in("invited.service", "nobody", "[Service]\nSupplementaryGroups=no-such-group\n")
    assert "(status 216, see systemd.exec(5)), so the service cannot start" in check_connect(1)
    drop_out("invited.service", "nobody")
    # systemd forgets a unit that failed when whoever waited for it has left D-Bus: without D-Bus it would keep this one.
    until(lambda: not out("systemctl list-units --failed --no-legend --plain 'run-*'"), "the last try is forgotten")
    sh("systemctl stop dbus.socket dbus.service")
    said = check_connect(1)
    assert "tried as root, which proves nothing about the service: systemd-run failed; it needs the system's D-Bus" in said, said
    assert "its password is a credential that only the service can read" in said, said
    sh("systemctl start dbus.socket")
    restart()
    ready("ok")
    assert "preauth=" in mint()["uri"]
    assert sign_up("romeo") == 303
    for name in ["network", "password"]:
        drop_out("invited.service", name)
    os.remove("/etc/invited/conf.d/backend.toml")
    restart()


@check
def component_is_connected_from_boot_on_as_its_page_says():
    section = "Invites from users' own apps"
    lua = page("any-server.md", section, "lua")
    config = pathlib.Path("/etc/prosody/prosody.cfg.lua").read_text()
    write("/etc/prosody/prosody.cfg.lua", config + lua)
    sh("systemctl restart prosody.service")
    write("/etc/invited/conf.d/component.toml", page("any-server.md", section, "toml"))
    write("/etc/invited/credentials/component", re.search('component_secret = "(.*)"', lua)[1] + "\n", 0o600)
    drop_in("invited.service", "secret", "[Service]\nLoadCredential=component:/etc/invited/credentials/component\n")
    restart()
    until(lambda: journal("is not connected"), "without a network it is not there")
    drop_in("invited.service", "network")
    stop_service()
    boot_again()
    until(lambda: journal("component invites.example.com is connected"), "the component")
    for name in ["network", "secret"]:
        drop_out("invited.service", name)
    os.remove("/etc/invited/conf.d/component.toml")
    sh("systemctl stop prosody.service")
    restart()


@check
def commands_by_hand_run_as_the_service_does():
    line = page("nodes.md", "Commands by hand", "console").strip().removeprefix("# ")
    token = re.search(r"^https://invite\.example\.com/invite\?(\S+)$", out(line), re.M)[1]
    tokens.add(token)
    assert Client().ask(None, method="GET", target=f"/invite?{token}").status == 200


def started_in(unit):
    """How many milliseconds `unit` took from its first step to READY=1."""
    begun, ready = (int(prop(f"{name}TimestampMonotonic", unit)) for name in ["InactiveExit", "ActiveEnter"])
    return (ready - begun) / 1000


@check
def every_start_by_the_socket_answers_the_first_request():
    """How long that takes is printed beside what systemd alone takes, building this sandbox around a program that does
    nothing, and around none of it: a strange machine is no judge of milliseconds."""
    stop_service()
    tokens.update(ledger())
    sh(f"rm {STATE}/ledger.*; for i in $(seq 10); do invited invite create --count 1000 >/dev/null; done")
    assert len(ledger()) == 10_000
    unit = pathlib.Path("/usr/lib/systemd/system/invited.service").read_text()
    unit = re.sub("(?m)^(Requires|After|Also)=.*", "", unit)
    unit = re.sub("(?m)^ExecStart=.*", "ExecStart=/usr/bin/systemd-notify --ready\nRemainAfterExit=yes", unit)
    write("/etc/systemd/system/nothing.service", unit)
    bare = ["StartLimitIntervalSec", "Type", "ExecStart", "RemainAfterExit"]
    lines = [line for line in unit.splitlines() if line.startswith("[") or line.partition("=")[0] in bare]
    write("/etc/systemd/system/bare.service", "\n".join(lines))
    sh("systemctl daemon-reload")
    took, alone, ours = [], {"nothing": [], "bare": []}, []
    with undisturbed() as is_alone:
        for _ in range(31):
            for name, times in alone.items():
                sh(f"systemctl start {name}.service")
                times.append(started_in(f"{name}.service"))
                sh(f"systemctl stop {name}.service")
            stop_service()
            assert dormant()
            began = time.monotonic()
            invite(keys["main"])
            took.append((time.monotonic() - began) * 1000)
            ours.append(started_in("invited.service"))
    p50, start, sandbox, process = (statistics.median(times) for times in (took, ours, alone["nothing"], alone["bare"]))
    return (
        f"p50 {p50:.0f} ms, 60 asked; systemd alone takes {process:.0f} ms for a process and {sandbox:.0f} ms in this sandbox, "
        f"up to our READY=1 it is {start:.0f} ms{'' if is_alone else '; on a shared processor'}"
    )


@check
def no_secret_is_in_the_journal():
    assert Client().ask(None, method="GET", target=f"/invites_api?key={keys['main']}").status == 201
    text = out("journalctl --no-pager --output=export --all | strings")
    assert "event=invite.created" in text
    secrets = {key.partition("/")[2] for key in keys.values()} | {SECRET} | ledger() | tokens
    assert PASSWORD not in text
    # Whatever stands in the journal and is as long as the shortest secret is looked up by how they begin.
    length, begun = min(map(len, secrets)), {}
    for secret in secrets:
        begun.setdefault(secret[:length], []).append(secret)
    found = {
        secret
        for word in set(re.findall(rf"[\w-]{{{length},}}", text))
        for at in range(len(word) - length + 1)
        for secret in begun.get(word[at : at + length], ())
        if word.startswith(secret, at)
    }
    assert not found, f"{len(found)} of {len(secrets)} secrets are in it"
    key = pathlib.Path(f"{STATE}/ledger.key").read_text().strip()
    assert key not in text
    return f"{len(secrets) + 1} secrets looked for"


@check
def nothing_has_failed():
    assert_nothing_failed()


sys.exit(run_checks())
