# How far the service must reach to speak to its backends: "files" (socket files), "loopback" or "anywhere".
{ lib }:
settings:
let
  # An address as the settings have it (host:port, a URL) → its host; "" is a socket file.
  hostOf =
    address: lib.elemAt (builtins.match "([a-z]+://)?([^/@]*@)?(\\[[^]]*]|[^:/?]*).*" address) 2;
  isLoopback = import ./loopback.nix;

  ofHost =
    host:
    {
      ejabberd = [ (host.backend.url or "unknown") ];
      # Without an address, DNS says where.
      xmpp = [ (host.backend.address or "unknown") ];
    }
    .${toString host.backend.kind} or [ ];
  ledger = settings.ledger or { };

  hosts = map hostOf (
    lib.concatMap ofHost (lib.attrValues settings.hosts)
    ++ lib.optional (settings ? component) (settings.component.server or "unknown")
    ++ lib.optional (lib.hasPrefix "postgres" (ledger.url or "")) ledger.url
    # A URL with a secret in it is one with a password, for a server behind TCP.
    ++ lib.optional (ledger ? url_file) "unknown"
  );
  remote = lib.filter (host: host != "") hosts;
in
if remote == [ ] then
  "files"
else if lib.all isLoopback remote then
  "loopback"
else
  "anywhere"
