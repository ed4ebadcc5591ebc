# Two nodes on one database: what one makes, the other knows, and a use is never given twice.
let
  digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  node =
    { pkgs, lib, ... }:
    {
      environment.systemPackages = [
        pkgs.curl
        pkgs.jq
      ];
      networking.firewall.allowedTCPPorts = [ 5432 ];
      # Nodes that share a ledger share its key.
      systemd.tmpfiles.rules = [
        "f /etc/ledger.key 0400 root root - MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
      ];
      services.invited = {
        enable = true;
        listenStreams = [ "5290" ];
        openFirewall = true;
        credentials."ledger.key" = "/etc/ledger.key";
        settings = {
          public_url = lib.mkDefault "http://one:5290/";
          hosts."example.com".site_name = "Example";
          keys.website = {
            sha256 = digest;
            allow = [
              "create"
              "read"
              "redeem"
            ];
          };
        };
      };
    };
in
{
  name = "invited-postgresql";

  nodes.one =
    { lib, ... }:
    {
      imports = [ node ];
      services.invited.postgresql.createLocally = true;
      services.postgresql = {
        enableTCPIP = true;
        authentication = lib.mkForce ''
          local all all peer
          host invited invited 192.168.0.0/16 trust
        '';
      };
    };
  nodes.two = {
    imports = [ node ];
    services.invited.settings.ledger.url = "postgres://invited@one/invited?sslmode=disable";
  };

  testScript = ''
    start_all()
    one.wait_for_unit("postgresql.target")
    for node in [one, two]:
        node.wait_for_unit("sockets.target")

    header = "--header 'Authorization: Bearer website/test' --header 'Content-Type: application/json'"
    curl = f"curl --silent --show-error {header}"

    invite = one.succeed(f"{curl} --data '{{}}' http://one:5290/api/v1/invites | jq --raw-output .id,.token").split()
    assert two.succeed(f"{curl} http://two:5290/api/v1/invites/{invite[0]} | jq --raw-output .status").strip() == "pending"

    redeem = f"{curl} --output /dev/null --write-out '%{{http_code}} ' --data '{{\"token\": \"{invite[1]}\"}}'"
    answers = one.succeed(
        f"{redeem} http://one:5290/api/v1/redeem & {redeem} http://two:5290/api/v1/redeem & wait"
    ).split()
    assert sorted(answers) == ["200", "410"], answers
  '';
}
