"""Values for the string formats that the description of the API has of its own."""

import re
from base64 import b64encode
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
schemathesis.openapi.format("mail", usernames.map(lambda name: f"{len(name)}@example.net"))
schemathesis.openapi.format("language", st.sampled_from(["de", "en", "pt-BR", "zh-Hans"]))
# 64 bits: the last character has four of them.
schemathesis.openapi.format("cursor", st.from_regex(r"c[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]", fullmatch=True))
schemathesis.openapi.format(
    "inviter", st.one_of(usernames.map(lambda name: f"{name}@{HOST}"), st.sampled_from(["cli", "server", "key/site"]))
)
schemathesis.openapi.format(
    "tree-cursor",
    usernames.map(lambda name: "t" + b64encode(f"{name}@{HOST}".encode(), altchars=b"-_").decode().rstrip("=")),
)
schemathesis.openapi.format("span", st.builds("{}{}".format, st.integers(1, 365), st.sampled_from("smhd")))
schemathesis.openapi.format("soon", st.integers(5, 364 * 24 * 60).map(in_minutes))


def breaks_a_rule(body):
    """Whether fields do not go together, by what the description of NewInvite says in words."""
    given = {name for name, value in body.items() if value is not None}
    kind = next((name for name in ("reset", "contact") if name in given), "account")
    several = {name for name in ("uses", "count") if body.get(name) not in (None, 1)}
    return (
        ("reset" in given and bool(given & {"username", "contact"} or "uses" in several or body.get("groups") or body.get("roles")))
        or ("username" in given and bool(several))
        or body.get("kind") not in (None, kind)
        or ("mail" in given and ("count" in several or bool(re.search(r"//|www\.", body.get("inviter") or "", re.I | re.A))))
        or ("language" in given and "mail" not in given)
    )


@schemathesis.check
def rules_in_words_are_the_rules(ctx, response, case):
    """Whatever fits the schema of NewInvite is answered 400 if it breaks a rule that is told in words, and else never."""
    is_create = case.operation.label == "POST /api/v1/invites" and case.method == "POST"
    if is_create and case.meta is not None and case.meta.generation.mode.is_positive:
        body = case.body if isinstance(case.body, dict) else {}
        assert breaks_a_rule(body) == (response.status_code == 400), f"{body} is answered {response.status_code}"
