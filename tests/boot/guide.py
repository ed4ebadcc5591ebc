#!/usr/bin/python3
"""Debian with Prosody as its package configures it, and nothing of ours: what docs/prosody.md says leads to an account of a guest."""

import glob
import html
import http.cookiejar
import os
import re
import ssl
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, "/boot-test")
from harness import HERE, PATIENCE, certify, check, let_packages_start_services, run_checks, sh, until, write

NAME = "invite.example.com"
let_packages_start_services()


def commands():
    text = open(f"{HERE}/docs/prosody.md").read()
    section = re.search(r"\n## On Debian 13, from Prosody to the first account\n(.*?)\n## ", text, re.S)[1]
    lines = re.search(r"```console\n(.*?)```", section, re.S)[1].splitlines()
    assert all(line.startswith("# ") for line in lines), lines
    return [line.removeprefix("# ") for line in lines]


class Guest:
    """A browser, as far as it matters: cookies, forms, and whom it trusts."""

    def __init__(self, trusted):
        context = ssl.create_default_context(cafile=trusted)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), cookies)

    def open(self, url, fields=None):
        data = urllib.parse.urlencode(fields).encode() if fields else None
        with self.opener.open(url, data, timeout=PATIENCE) as answer:
            return answer.url, answer.read().decode()


@check
def with_prosody_on_debian_a_guest_has_an_account_after_at_most_ten_commands():
    # What there is: a domain, a name for links, its certificate.
    write("/etc/prosody/conf.d/example.com.cfg.lua", 'VirtualHost "example.com"\n')
    trusted = certify(NAME, f"/etc/letsencrypt/live/{NAME}")
    sh("systemctl restart prosody.service")
    # What a person says when apt asks.
    write("/etc/apt/apt.conf.d/99yes", 'APT::Get::Assume-Yes "true";\n')
    os.mkdir("/tmp/guide")
    sh(f"cp {sorted(glob.glob(f'{HERE}/*.deb'))[0]} /tmp/guide/")
    listed = commands()
    assert 0 < len(listed) <= 10, listed
    for command in listed:
        # Until Prosody has been restarted its socket lets nobody in, and setup says so.
        is_setup = command.startswith("invited setup")
        environment = {**os.environ, "SSL_CERT_FILE": trusted}
        said = sh(command, status=1 if is_setup else 0, cwd="/tmp/guide", env=environment)
        assert not is_setup or "systemctl restart prosody.service" in said.stderr, said
    link = re.search(rf"https://{NAME}/\S+", said.stdout)
    assert link, said
    guest = Guest(trusted)
    # The service looks for Prosody every second; until then the page says that it is away.
    way = until(lambda: re.search(r'href="([^"]*/register\?[^"]*)"', guest.open(link[0])[1]), "the page leads to a form")
    form = urllib.parse.urljoin(link[0], html.unescape(way[1]))
    at, page = guest.open(form)
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ["csrf", "token"]}
    _, page = guest.open(at, {**fields, "username": "juliet", "password": "a Long passw0rd of hers"})
    assert "juliet@example.com" in page, page
    account = "/var/lib/prosody/example%2ecom/accounts/juliet.dat"
    until(lambda: os.path.exists(account), "the account is there")
    return f"{len(listed)} commands"


sys.exit(run_checks())
