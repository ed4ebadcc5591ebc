#!/usr/bin/env python3
"""The image of a release, run as container engines run it, beside Prosody and as README.md and examples/compose/ say. In a network of
its own, as root: image.py ROOT_OF_THE_PROJECT IMAGE SCHEMA, with ENGINE and SERVERS as engine.py has them."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import jsonschema
import yaml

PROJECT, IMAGE, SCHEMA = map(os.path.abspath, sys.argv[1:])
sys.path[:0] = [f"{PROJECT}/tests/boot", f"{PROJECT}/tests", f"{PROJECT}/tests/release"]
import engine
from harness import check, run_checks, sh

WORK = engine.ENGINE / "work"
keys = {}
WORK.mkdir(parents=True)
os.chdir(WORK)


def docker(command, status=0):
    return sh(f"docker {command}", status=status, cwd=WORK)


def log(service="invited"):
    return (engine.LOGS / service).read_text()


@check
def the_example_is_compose_by_its_schema():
    schema = json.load(open(SCHEMA))
    example = yaml.safe_load(open(f"{PROJECT}/examples/compose/compose.yaml"))
    jsonschema.validate(example, schema)
    # And it does find what is wrong.
    example["services"]["invited"]["read_onyl"] = True
    try:
        jsonschema.validate(example, schema)
    except jsonschema.ValidationError:
        return
    raise AssertionError("a wrong name is not found")


@check
def readme_leads_from_the_image_to_an_invite():
    section = re.search(r"\n## Install\n(.*?)\n## ", open(f"{PROJECT}/README.md").read(), re.S)[1]
    [block] = [block for block in re.findall(r"```console\n(.*?)```", section, re.S) if "docker" in block]
    shutil.copytree(f"{PROJECT}/examples/compose", WORK, dirs_exist_ok=True)
    (WORK / "certs").mkdir()
    shutil.copy(IMAGE, WORK)
    commands = WORK.parent / "bin"
    commands.mkdir()
    (commands / "docker").write_text(f'#!/bin/sh\nexec {sys.executable} {PROJECT}/tests/release/engine.py "$@"\n')
    (commands / "docker").chmod(0o755)
    os.environ["PATH"] = f"{commands}:{os.environ['PATH']}"
    script = re.sub("^# ", "", block.strip(), flags=re.M)
    done = sh(f"set -eu; {script}; echo; echo KEY=$KEY", cwd=WORK)
    assert "HTTP/1.1 201 Created" in done.stdout, done
    keys["key"] = re.search("KEY=(.*)", done.stdout)[1]
    return f"{os.path.getsize(IMAGE) >> 20} MiB"


@check
def compose_and_the_image_say_the_same():
    image, service = engine.image(), engine.services()["invited"]
    assert f"{service['image']}:latest" in (engine.ENGINE / "names").read_text().splitlines()
    assert [port.rsplit(":", 1)[1] + "/tcp" for port in service["ports"]] == list(image["ExposedPorts"])
    targets = [mount.split(":")[1] for mount in service["volumes"]]
    assert set(image["Volumes"]) <= set(targets), targets
    for target in targets:
        place = engine.BUNDLE / "rootfs" / target.lstrip("/")
        assert place.parent.is_dir(), f"{target}: the image has no place for it"
    user = image["User"].split(":")[0]
    assert user.isdigit() and int(user) > 0 and f"install -d -o {user} prosody" in (WORK / "compose.yaml").read_text()
    uses = re.search(r"^invited:x:(\d+):", (engine.BUNDLE / "rootfs/etc/passwd").read_text(), re.M)[1]
    assert uses == user


@check
def it_works_with_its_prosody():
    said = docker("compose exec -T invited invited check --connect")
    assert "Prosody 13" in said.stdout + said.stderr, said
    return re.search("Prosody [0-9.]+", said.stdout + said.stderr)[0]


@check
def nothing_but_the_volume_can_be_written_and_there_is_no_privilege():
    assert "uid=65532" in docker("compose exec -T invited id").stdout
    assert "Read-only file system" in docker("compose exec -T invited touch /etc/invited/x /tmp/x", status=1).stderr
    status = docker("compose exec -T invited cat /proc/self/status").stdout
    assert re.search(r"^CapBnd:\s+0+$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M), status
    docker("compose exec -T invited touch /var/lib/invited/x")
    docker("compose exec -T invited rm /var/lib/invited/x")


@check
def the_link_opens_from_outside_through_nginx_of_the_machine():
    page = open(f"{PROJECT}/docs/front-ends.md").read()
    ours, theirs = re.search(r"`(http://[^`]+)` for `(http://unix:[^`]+)`", page).groups()
    site = open(f"{PROJECT}/examples/front-ends/nginx/name.conf").read()
    assert theirs in site
    site = site.replace(theirs, ours)
    # A published port is reached through the gateway, which this network has not: so is the container.
    sh("ip address add 172.30.52.1/24 dev lo; ip address add 172.30.52.2/24 dev lo; ip address add 172.30.52.9/24 dev lo")
    site = site.replace(f"proxy_pass {ours};", "proxy_bind 172.30.52.1; proxy_pass http://172.30.52.2:5290;")
    site = site.replace("/etc/ssl/invite.example.com", str(WORK)).replace("/var/log/nginx/error.log", str(WORK / "error.log"))
    (WORK / "nginx.conf").write_text(f"pid {WORK}/nginx.pid;\nevents {{}}\nhttp {{\n{site}\n}}\n")
    sh(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=invite.example.com"
        " -addext subjectAltName=DNS:invite.example.com -addext basicConstraints=critical,CA:FALSE"
        f" -keyout {WORK}/privkey.pem -out {WORK}/fullchain.pem; nginx -p {WORK} -c nginx.conf -e {WORK}/error.log >{WORK}/nginx.log 2>&1"
    )
    try:
        made = sh(f"curl -sS -i -X POST -H 'Authorization: Bearer {keys['key']}' http://127.0.0.1:5290/invites_api").stdout
        link = re.search(r"Location: (\S+)", made)[1]
        opened = sh(f"curl -sS -i --cacert {WORK}/fullchain.pem --resolve invite.example.com:443:127.0.0.1 '{link}'").stdout
        assert " 200" in opened.splitlines()[0] and "example.com" in opened, opened
    finally:
        sh(f"kill $(cat {WORK}/nginx.pid)")


@check
def the_web_server_of_the_machine_is_trusted_and_nobody_else():
    # Wrong keys count by the client.
    ask = "curl -sS -H 'X-Forwarded-For: 203.0.113.5' -H 'Authorization: Bearer a/b' -d '' http://172.30.52.2:5290/invites_api --interface"
    sh(f"{ask} 172.30.52.1")
    assert "trusted_proxies" not in log(), log()
    sh(f"{ask} 172.30.52.9")
    assert "172.30.52.9" in log() and "trusted_proxies" in log(), log()


@check
def what_is_kept_outlives_the_container():
    assert "is no volume" not in log(), log()
    docker("compose down")
    assert not engine.is_healthy("invited"), "nobody runs, and it is healthy"
    docker("compose up --detach --wait")
    answer = sh(f"curl -i -X POST -H 'Authorization: Bearer {keys['key']}' http://127.0.0.1:5290/invites_api").stdout
    assert "201 Created" in answer, answer
    docker("compose down")


@check
def without_a_volume_it_says_what_is_lost():
    compose = WORK / "compose.yaml"
    compose.write_text(compose.read_text().replace("      - invited:/var/lib/invited\n", "").replace("read_only: true", "read_only: false"))
    said = docker("compose exec -T invited invited check")
    assert "/var/lib/invited is no volume" in said.stderr, said
    engine.start("invited")
    try:
        sh("until docker compose exec -T invited invited health; do sleep 0.1; done", cwd=WORK)
        assert "/var/lib/invited is no volume" in log(), log()
    finally:
        engine.stop("invited")


@check
def without_a_configuration_it_says_what_to_do():
    words = [engine.HERE / "contain", engine.BUNDLE / "rootfs", "65532:65532", "ro", "--", "env", "-i", *engine.image()["Env"], "invited", "serve"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2 and "public_url" in done.stderr, done


status = run_checks()
# What a check left behind that failed.
for service in engine.PIDS.iterdir():
    engine.stop(service.name)
sys.exit(status)
