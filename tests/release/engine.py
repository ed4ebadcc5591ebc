#!/usr/bin/env python3
"""What the README has `docker` do, for a test that has no Docker: reads the image with skopeo and umoci, and runs what compose.yaml
says by `contain`. Prosody is Debian's, in place of Prosody's image: as there, its user is the owner of its directory.

In the environment: ENGINE, a directory for all that it keeps; SERVERS, a root of tests/servers with Prosody."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from patience import PATIENCE

HERE = pathlib.Path(__file__).parent
ENGINE = pathlib.Path(os.environ["ENGINE"])
LAYOUT, BUNDLE, VOLUMES, PIDS, LOGS = (ENGINE / name for name in ["layout", "bundle", "volumes", "pids", "logs"])


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def load(archive):
    """As skopeo and umoci find it."""
    names = json.loads(run("tar", "--extract", "--to-stdout", "--file", archive, "manifest.json"))[0]["RepoTags"]
    LAYOUT.mkdir(parents=True)
    run("tar", "--extract", "--file", archive, "--directory", LAYOUT)
    [version] = [name.split(":")[1] for name in names if not name.endswith(":latest")]
    run("skopeo", "inspect", f"oci:{LAYOUT}:{version}")
    run("umoci", "unpack", "--image", f"{LAYOUT}:{version}", BUNDLE)
    (ENGINE / "names").write_text("\n".join(names))
    for name in names:
        print(f"Loaded image: {name}")


def image():
    """The `config` of the image, as engines read it."""
    [manifest] = json.loads((LAYOUT / "manifest.json").read_text())
    return json.loads((LAYOUT / manifest["Config"]).read_text())["config"]


def services():
    return yaml.safe_load(pathlib.Path("compose.yaml").read_text())["services"]


def mounts(service):
    """As `contain` takes them. A new volume has the owner and the mode of what the image has in its place."""
    for mount in services()[service]["volumes"]:
        source, target, *how = mount.split(":")
        if source.startswith("."):
            source = str(pathlib.Path(source).resolve())
            assert os.path.exists(source), f"{source} is not there"
        else:
            volume, place = VOLUMES / source, BUNDLE / "rootfs" / target.lstrip("/")
            if not volume.exists():
                volume.mkdir(parents=True)
                os.chown(volume, place.stat().st_uid, place.stat().st_gid)
                volume.chmod(place.stat().st_mode)
            source = str(volume)
        yield ":".join([source, target, *how])


def contained(service, command):
    """The words that run a command as that service."""
    if service == "prosody":
        owner = os.stat("prosody").st_uid
        return [HERE / "contain", os.environ["SERVERS"], f"{owner}:{owner}", "ro", *mounts(service), "--", *command]
    settings, mode = services()[service], "ro" if services()[service].get("read_only") else "rw"
    assert settings["image"] == "invited"
    words = [HERE / "contain", BUNDLE / "rootfs", image()["User"], mode, *mounts(service), "--"]
    return [*words, "env", "-i", *image()["Env"], *command]


def start(service):
    LOGS.mkdir(exist_ok=True)
    PIDS.mkdir(exist_ok=True)
    command = ["prosody", "-F"] if service == "prosody" else [*image()["Entrypoint"], *image()["Cmd"]]
    log = open(LOGS / service, "a")
    process = subprocess.Popen(contained(service, command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (PIDS / service).write_text(str(process.pid))


def runs(pid):
    """Whoever started it may not have buried it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def stop(service):
    pid = int((PIDS / service).read_text())
    end = time.monotonic() + PATIENCE
    if runs(pid):
        os.kill(pid, signal.SIGTERM)
    while runs(pid):
        assert time.monotonic() < end, f"{service} does not stop"
        time.sleep(0.05)
    (PIDS / service).unlink()


def is_healthy(service):
    [how, *command] = image()["Healthcheck"]["Test"]
    assert how == "CMD"
    return subprocess.run(contained(service, command), capture_output=True).returncode == 0


def up():
    end = time.monotonic() + PATIENCE
    for service in services():
        start(service)
    while not is_healthy("invited"):
        for service in services():
            is_up = runs(int((PIDS / service).read_text())) and time.monotonic() < end
            assert is_up, f"{service} does not come up:\n" + (LOGS / service).read_text()
        time.sleep(0.1)


def main():
    match sys.argv[1:]:
        case ["load", "--input", archive]:
            load(archive)
        case ["compose", "up", "--detach", "--wait"]:
            up()
        case ["compose", "exec", "-T", service, *command]:
            os.execvp(HERE / "contain", [str(word) for word in contained(service, command)])
        case ["compose", "down"]:
            for service in services():
                stop(service)
        case other:
            sys.exit(f"no such command here: {other}")


if __name__ == "__main__":
    main()
