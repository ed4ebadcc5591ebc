"""Values for the string formats that the description of the API has of its own."""

from datetime import datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies as st

HOST = "example.com"
RESERVED = {"admin", "root", "abuse", "postmaster", "hostmaster", "webmaster", "security"}

usernames = st.from_regex(r"[A-Za-zäßéñжд漢][A-Za-z0-9._äßéñжд漢-]{0,15}", fullmatch=True).filter(
    lambda name: name.lower() not in RESERVED
)


def in_minutes(count):
    return (datetime.now(timezone.utc) + timedelta(minutes=count)).isoformat(timespec="milliseconds")


schemathesis.openapi.format("host", st.just(HOST))
schemathesis.openapi.format("username", usernames)
schemathesis.openapi.format("contact", usernames.map(lambda name: f"{name}@{HOST}"))
schemathesis.openapi.format("key-id", st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}", fullmatch=True))
# 64 bits: the last character has four of them.
schemathesis.openapi.format("cursor", st.from_regex(r"c[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]", fullmatch=True))
schemathesis.openapi.format("span", st.builds("{}{}".format, st.integers(1, 365), st.sampled_from("smhd")))
schemathesis.openapi.format("soon", st.integers(5, 364 * 24 * 60).map(in_minutes))
