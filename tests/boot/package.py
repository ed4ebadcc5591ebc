#!/usr/bin/python3
"""The Debian package under a booted systemd: installed, configured as the README says, upgraded, removed, purged."""

import glob
import os
import re
import sys

sys.path.insert(0, "/boot-test")
from harness import HERE, TCP, UNIX, Crowd, assert_nothing_failed, certify, check, invite, let_packages_start_services, out, prop, run_checks, sh, write, pid

FIRST, SECOND = sorted(glob.glob(f"{HERE}/*.deb"))
CONF = "/etc/invited/conf.d/site.toml"
EXAMPLES = "/usr/share/doc/invited/examples"
keys = {}
let_packages_start_services()


def states(*units):
    return [(prop("UnitFileState", unit), prop("ActiveState", unit)) for unit in units]


def install(deb):
    return sh(f"dpkg --install {deb} 2>&1").stdout


@check
def installed_and_not_configured_it_starts_nothing_and_says_what_to_do():
    said = install(FIRST)
    assert "/etc/invited/config.toml" in said and "systemctl enable invited.service" in said, said
    assert states("invited.socket", "invited.service") == [("disabled", "inactive")] * 2
    assert not os.path.exists(UNIX)
    checked = sh("invited check", status=2).stderr
    assert "public_url" in checked and "hosts" in checked, checked
    assert out("dpkg-query --show --showformat '${Conffiles}' invited").startswith("/etc/invited/config.toml ")


@check
def manual_pages_and_completions_are_where_they_are_looked_for():
    for page in ["man1/invited.1", "man1/invited-key-create.1", "man5/invited.toml.5"]:
        assert os.path.exists(f"/usr/share/man/{page}.gz"), page
    assert "create" in out(
        "source /usr/share/bash-completion/completions/invited;"
        "COMP_WORDS=(invited key '') COMP_CWORD=2 COMP_TYPE=9; _clap_complete_invited invited '' key; echo ${COMPREPLY[@]}"
    )
    assert os.path.exists("/usr/share/zsh/vendor-completions/_invited")
    assert os.path.exists("/usr/share/fish/vendor_completions.d/invited.fish")


@check
def pages_are_beside_the_readme_and_their_links_lead_somewhere():
    doc = "/usr/share/doc/invited"
    # What is in the source alone is not packed.
    source = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE", "config.example.toml", "deny.toml"]
    pages = glob.glob(f"{doc}/docs/*.md") + [f"{doc}/README.md"]
    assert len(pages) > 10, pages
    for page in pages:
        for link in re.findall(r"]\(((?:\.\./|docs/)?[\w.-]+)[)#]", open(page).read()):
            target = os.path.normpath(os.path.join(os.path.dirname(page), link))
            assert os.path.exists(target) or os.path.basename(target) in source, f"{page}: {link}"
    assert os.path.exists(f"{doc}/docs/openapi.json")
    return f"{len(pages)} pages"


@check
def files_are_those_whose_checksums_the_package_has():
    sums = sh(f"dpkg-deb --info {FIRST} md5sums").stdout
    assert "invited" in sums
    sh("md5sum --check --strict --quiet /dev/stdin", cwd="/", input=sums)
    listed = {line.split("  ", 1)[1] for line in sums.splitlines()}
    packed = {line.split(" ./", 1)[1] for line in out(f"dpkg-deb --contents {FIRST}").splitlines() if line.startswith("-")}
    assert packed - listed == {"etc/invited/config.toml"} and listed <= packed, packed ^ listed
    assert out("dpkg --verify invited") == ""
    return f"{len(listed)} files"


@check
def readme_leads_from_the_package_to_an_invite_in_five_commands():
    sh("dpkg --purge invited")
    text = open(f"{HERE}/README.md").read()
    section = re.search(r"\n## Install\n(.*?)\n## ", text, re.S)[1]
    lines = re.search(r"```console\n(.*?)```", section, re.S)[1].splitlines()
    assert sum(line.startswith("# ") for line in lines) == 5, lines
    script = "\n".join(line.removeprefix("# ") for line in lines)
    os.mkdir("/tmp/readme")
    sh(f"cp {FIRST} /tmp/readme/")
    done = sh(f"set -eu; {script}; echo; echo KEY=$KEY", cwd="/tmp/readme")
    assert "HTTP/1.1 201 Created" in done.stdout, done
    keys["key"] = re.search("KEY=(.*)", done.stdout)[1]


@check
def setup_leads_to_a_link_that_nginx_passes_on():
    name = "invite.example.com"
    trusted = certify(name, f"/etc/ssl/{name}")
    command = re.search(r"```console\n# (.*)\n```", open(f"{HERE}/docs/setup.md").read())[1]
    answers = f"--host example.com --public-url https://{name}/ --server none --front-end nginx --yes"
    setup = f"SSL_CERT_FILE={trusted} {command} {answers}"
    said = sh(setup)
    link = re.search(rf"opened through nginx: (https://{name}/invite\?\S+)", said.stdout)
    assert link, said
    files = [path for path in re.findall(r"^\+\+\+ (\S+)", said.stdout, re.M)]
    assert len(files) == 3, files
    before = [(path, open(path).read(), os.stat(path).st_mtime_ns) for path in files]
    again = sh(setup)
    assert "opened" not in again.stdout and "+++" not in again.stdout, again
    assert before == [(path, open(path).read(), os.stat(path).st_mtime_ns) for path in files]
    assert name not in out("cat /var/log/nginx/access.log /var/log/nginx/error.log")
    sh(f"rm {' '.join(files)} /etc/nginx/sites-enabled/invited; systemctl daemon-reload; systemctl stop nginx")
    sh("systemctl stop invited.service invited.socket; systemctl start invited.socket invited.service")
    return ", ".join(files)


@check
def upgrade_under_load_refuses_and_loses_nothing():
    sh(f"install -D -m 644 {EXAMPLES}/invited.socket.d/tcp.conf /etc/systemd/system/invited.socket.d/tcp.conf; systemctl daemon-reload; systemctl restart invited.socket")
    write("/etc/invited/config.toml", open("/etc/invited/config.toml").read() + "# mine\n")
    invite(keys["key"], TCP)
    before = pid()
    with Crowd(keys["key"]) as crowd:
        crowd.more()
        install(SECOND)
        crowd.more()
    note = crowd.all_well()
    assert pid() != before, "the service is still the old one"
    assert out("dpkg-query --show --showformat '${Version}' invited").endswith("-2")
    assert open("/etc/invited/config.toml").read().endswith("# mine\n"), "the conffile was replaced"
    return note


@check
def upgrade_with_a_configuration_that_is_wrong_leaves_running_what_runs():
    good, before = open(CONF).read(), pid()
    write(CONF, good + 'colour = "red"\n')
    said = install(FIRST)
    assert "not restarted" in said and "colour" in said, said
    assert pid() == before
    invite(keys["key"])
    write(CONF, good)
    install(SECOND)
    invite(keys["key"])
    assert pid() != before


@check
def upgrade_restarts_whatever_the_services_user_has_put_into_its_directory():
    sh("invited key create --id planted")
    digest = re.search("sha256 = .*", open("/var/lib/private/invited/keys/planted.toml").read())[0]
    declared = "/etc/invited/conf.d/planted.toml"
    write(declared, f"[keys.planted]\n{digest}\n")
    assert "keys.planted" in sh("invited check", status=2).stderr
    before = pid()
    said = install(FIRST)
    assert "not restarted" not in said, said
    invite(keys["key"])
    assert pid() != before, "the service is still the old one"
    os.remove(declared)
    sh("invited key delete planted")
    install(SECOND)
    invite(keys["key"])


@check
def what_an_admin_disabled_stays_disabled():
    sh("systemctl disable --now invited.socket invited.service")
    install(SECOND)
    assert states("invited.socket", "invited.service") == [("disabled", "inactive")] * 2
    sh("systemctl enable --now invited.socket")
    install(SECOND)
    assert states("invited.socket", "invited.service") == [("enabled", "active"), ("disabled", "inactive")]
    sh("systemctl enable --now invited.service")


@check
def removed_it_stops_and_keeps_keys_and_invites():
    invite(keys["key"])
    sh("dpkg --remove invited")
    assert not os.path.exists(UNIX)
    for unit in ["invited.socket", "invited.service"]:
        assert (prop("ActiveState", unit), prop("LoadState", unit)) == ("inactive", "not-found"), unit
    assert os.path.exists("/var/lib/private/invited/ledger.db")


@check
def installed_where_it_is_configured_it_is_enabled_at_once_and_knows_its_keys():
    install(FIRST)
    assert states("invited.socket", "invited.service") == [("enabled", "active")] * 2
    invite(keys["key"])


@check
def purged_it_leaves_nothing():
    sh("dpkg --purge invited; rm -r /etc/invited/conf.d /etc/systemd/system/invited.socket.d; rmdir --ignore-fail-on-non-empty /etc/invited")
    left = out("find /etc /usr /lib/systemd /var /run -xdev -iname '*invited*' -not -path '/var/log/*' -not -path '/run/systemd/*' -not -path '/usr/src/*'")
    assert left == "", left
    assert out("dpkg-query --list 'invited' 2>/dev/null | grep ^[a-z]i || true") == ""
    assert_nothing_failed()


sys.exit(run_checks())
