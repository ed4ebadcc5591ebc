# The hosts whose backend is Prosody.
{ lib }:
settings: lib.attrNames (lib.filterAttrs (_: host: host.backend.kind == "prosody") settings.hosts)
