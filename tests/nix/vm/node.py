#!/usr/bin/python3
"""Runs in a booted node: starts what NixOS starts, once the driver has set up the network; the node lives until the driver
hangs up."""

import socket
import subprocess

driver = socket.socket(socket.AF_UNIX)
driver.connect("/run/sdboot-out/driver")
if driver.recv(1):
    subprocess.run(["systemctl", "start", "--no-block", "multi-user.target"], check=True)
    driver.send(b"!")
    driver.recv(1)
