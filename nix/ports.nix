# Listen streams → the TCP ports that others could reach: neither those of socket files nor of loopback.
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
