# How far the service must reach to speak to its backends, webhooks and mail server: "files" (socket files), "loopback" or "anywhere".
{ lib }:
settings:
let
  # An address as the settings have it (host:port, a URL) → its host.
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

  # PostgreSQL's URL has its hosts before the database or as parameters behind it, several with commas between them; a
  # path is a socket file. What stands for one of them alone, as `hostaddr` does, counts like it.
  ofLedger =
    url:
    let
      parts = builtins.match "[a-z]+://([^/?]*@)?([^/?]*)[^?]*[?]?(.*)" url;
      parameter = text: builtins.match "(host|hostaddr)=(.*)" text;
      parameters = lib.filter (found: found != null) (
        map parameter (lib.splitString "&" (lib.elemAt parts 2))
      );
      isFile =
        host:
        host == ""
        || lib.any (slash: lib.hasPrefix slash host) [
          "/"
          "%2F"
          "%2f"
        ];
      named =
        map hostOf (lib.filter (host: !isFile host) (lib.splitString "," (lib.elemAt parts 1)))
        ++ lib.concatMap (found: lib.splitString "," (lib.elemAt found 1)) parameters;
    in
    if parts == null then [ "unknown" ] else lib.filter (host: !isFile host) named;
  ledger = settings.ledger or { };

  hosts =
    map hostOf (
      lib.concatMap ofHost (lib.attrValues settings.hosts)
      ++ lib.optional (settings ? component) (settings.component.server or "unknown")
      ++ map (webhook: webhook.url or "unknown") (settings.webhooks or [ ])
      ++ lib.optional (settings ? mail) (settings.mail.smtp or "unknown")
    )
    ++ lib.optionals (lib.hasPrefix "postgres" (ledger.url or "")) (ofLedger ledger.url)
    # A URL with a secret in it is one with a password, for a server behind TCP.
    ++ lib.optional (ledger ? url_file) "unknown";
in
if hosts == [ ] then
  "files"
else if lib.all isLoopback hosts then
  "loopback"
else
  "anywhere"
