# Listen streams → the TCP ports that are reachable from other machines: no socket files, no loopback.
{ lib }:
let
  port =
    stream:
    let
      parts = builtins.match "((\\[[^]]*]|[^/:]*):)?([0-9]+)" stream;
      host = lib.elemAt parts 1;
    in
    lib.optionals (parts != null) (
      lib.optional (host == null || !import ./loopback.nix host) (lib.toInt (lib.elemAt parts 2))
    );
in
lib.concatMap port
