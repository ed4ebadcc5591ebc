#!/usr/bin/python3
"""The archive under a booted systemd: installed and configured as the README says, upgraded, removed."""

import glob
import os
import re
import sys

sys.path.insert(0, "/boot-test")
from harness import HERE, UNIX, check, invite, out, prop, run_checks, sh, pid

[ARCHIVE] = glob.glob(f"{HERE}/*.tar.gz")
# "Install" of README.md: blocks of the package and of the archive, as commands.
section = re.search(r"\n## Install\n(.*?)\n## ", open(f"{HERE}/README.md").read(), re.S)[1]
blocks = [
    [re.sub("^# ", "", command, flags=re.M) for command in re.split(r"\n(?=# )", block.strip())]
    for block in re.findall(r"```console\n(.*?)```", section, re.S)
]
[package] = [block for block in blocks if block[0].startswith("apt-get")]
[archive] = [block for block in blocks if block[0].startswith("tar")]
WORK = "/tmp/archive"
keys = {}


def files():
    """All there is where it may write, but the links by which systemd enables."""
    found = out("find /usr/local /etc -xdev -not -type d -printf '%p %s %m\n'; find /usr/local /etc -xdev -type d")
    return {line for line in found.splitlines() if not re.search(r"/systemd/system/.*\.wants", line)}


@check
def readme_leads_from_the_archive_to_an_invite():
    os.mkdir(WORK)
    sh(f"cp {ARCHIVE} {WORK}/")
    keys["before"] = files()
    assert len(archive) == 2, archive
    script = "\n".join(archive + package[1:])
    done = sh(f"set -eu; {script}; echo; echo KEY=$KEY", cwd=WORK)
    assert "HTTP/1.1 201 Created" in done.stdout, done
    keys["key"] = re.search("KEY=(.*)", done.stdout)[1]
    assert out("readlink /proc/%d/exe" % pid()) == "/usr/local/bin/invited"
    assert prop("FragmentPath") == "/usr/local/lib/systemd/system/invited.service"


@check
def pages_and_completions_are_where_they_are_looked_for():
    assert os.path.exists("/usr/local/share/man/man5/invited.toml.5.gz")
    assert os.path.exists("/usr/local/share/bash-completion/completions/invited")
    assert os.path.exists("/usr/local/share/zsh/site-functions/_invited")
    assert os.path.exists("/usr/local/share/fish/vendor_completions.d/invited.fish")
    assert os.path.exists("/usr/local/share/doc/invited/examples/invited.socket.d/tcp.conf")


@check
def again_it_replaces_its_own_files_while_the_service_runs():
    before = pid()
    with open("/etc/invited/config.toml", "a") as file:
        file.write("# mine\n")
    said = sh(archive[1], cwd=WORK).stdout
    assert "systemctl restart invited.service" in said, said
    invite(keys["key"], UNIX)
    sh("systemctl restart invited.service")
    assert pid() != before
    assert open("/etc/invited/config.toml").read().endswith("# mine\n")


@check
def what_others_put_there_it_leaves_alone_and_says_so():
    sh(f"{archive[1]} --uninstall", cwd=WORK)
    with open("/usr/local/bin/invited", "w") as file:
        file.write("mine")
    refused = sh(archive[1], status=1, cwd=WORK).stderr
    assert "/usr/local/bin/invited is there already" in refused and "another PREFIX" in refused, refused
    assert not os.path.exists("/usr/local/lib/systemd/system/invited.service"), "half of it is installed"
    assert "nothing to remove" in sh(f"{archive[1]} --uninstall", status=1, cwd=WORK).stderr
    os.remove("/usr/local/bin/invited")
    sh("cd invited-*-linux-gnu/bin; mv invited elsewhere", cwd=WORK)
    assert "where the whole archive is unpacked" in sh(archive[1], status=1, cwd=WORK).stderr
    sh("cd invited-*-linux-gnu/bin; mv elsewhere invited", cwd=WORK)
    assert "absolute path" in sh(f"PREFIX=here {archive[1]}", status=1, cwd=WORK).stderr


@check
def uninstalled_it_leaves_nothing_but_what_is_not_its_own():
    sh(archive[1], cwd=WORK)
    sh("systemctl enable --now invited.service")
    invite(keys["key"], UNIX)
    said = sh(f"{archive[1]} --uninstall", cwd=WORK).stdout
    assert "keys and invites stay" in said, said
    for unit in ["invited.socket", "invited.service"]:
        assert (prop("ActiveState", unit), prop("LoadState", unit)) == ("inactive", "not-found"), unit
    assert not os.path.exists(UNIX)
    assert os.path.exists("/var/lib/private/invited/ledger.db")
    mine = ["/etc/invited/config.toml", "/etc/invited/conf.d/site.toml"]
    for path in mine:
        os.remove(path)
    sh("rmdir /etc/invited/conf.d /etc/invited; rmdir --ignore-fail-on-non-empty /etc/systemd/system/*.wants; rm -rf /var/lib/private/invited /var/lib/invited")
    assert files() == keys["before"], files() ^ keys["before"]
    return f"{len(keys['before'])} others untouched"


sys.exit(run_checks())
