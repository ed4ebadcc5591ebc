# Socket activation, a declared and a made key, restart and configuration switch.
{
  name = "invited-basic";

  nodes.machine =
    { pkgs, ... }:
    {
      environment.systemPackages = [ pkgs.curl ];
      services.invited = {
        enable = true;
        listenStreams = [ "5290" ];
        openFirewall = true;
        credentials.bot = "/etc/bot-secret";
        settings = {
          public_url = "http://machine:5290/";
          hosts."example.com".site_name = "Example";
          keys.bot.secret_file = "bot";
          # The digest of "test".
          keys.website.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        };
      };
      # A secret's place is outside of the store; in a test it is made at boot.
      systemd.tmpfiles.rules = [ "f /etc/bot-secret 0400 root root - s3cret" ];
      specialisation.other.configuration.services.invited.settings.keys.late = {
        sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
      };
      specialisation.elsewhere.configuration.services.invited = {
        listenStreams = [ "5291" ];
        metrics.listenStreams = [ "127.0.0.1:9280" ];
      };
    };
  nodes.client =
    { pkgs, ... }:
    {
      environment.systemPackages = [ pkgs.curl ];
    };

  testScript = ''
    start_all()


    def post(key, port=5290):
        return (
            "curl --silent --show-error --output /dev/null --write-out '%{http_code}'"
            f" --request POST --header 'Authorization: Bearer {key}' http://machine:{port}/invites_api"
        )


    def expect(node, key, status, port=5290):
        answer = node.succeed(post(key, port))
        assert answer == status, f"{key}: {answer}, expected {status}"


    def pid():
        return machine.succeed("systemctl show --property=MainPID --value invited.service").strip()


    machine.wait_for_unit("sockets.target")
    client.wait_for_unit("multi-user.target")

    with subtest("the first connection starts the service"):
        machine.fail("systemctl is-active invited.service")
        expect(client, "website/test", "201")
        machine.succeed("systemctl is-active invited.service")

    with subtest("a credential and a key that is made by the admin's command"):
        expect(client, "bot/s3cret", "201")
        key = machine.succeed("invited key create 'A test'").strip()
        expect(client, key, "201")
        expect(client, "website/wrong", "403")
        assert len(machine.succeed("invited invite list").splitlines()) == 3
        machine.succeed("invited check")

    with subtest("a restart refuses nothing and loses nothing"):
        machine.succeed("systemctl restart --no-block invited.service")
        expect(client, key, "201")
        assert len(machine.succeed("invited invite list").splitlines()) == 4

    with subtest("changed settings are taken by a reload"):
        before = pid()
        expect(client, "late/test", "403")
        machine.succeed("/run/current-system/specialisation/other/bin/switch-to-configuration test")
        client.wait_until_succeeds(f"[ $({post('late/test')}) = 201 ]")
        assert pid() == before, "the service was restarted"

    with subtest("changed sockets are opened by a switch"):
        machine.succeed("/run/booted-system/specialisation/elsewhere/bin/switch-to-configuration test")
        expect(client, "late/test", "403", port=5291)
        expect(client, "website/test", "201", port=5291)
        expect(client, key, "201")
        assert "# EOF" in machine.succeed("curl --fail --silent http://127.0.0.1:9280/metrics")
        machine.succeed("systemctl is-active invited.socket invited-metrics.socket")

    with subtest("the admin's command takes dollars, and files that are for root alone"):
        machine.succeed("invited key create --id dollars 'for $HOME and ''${PATH}'")
        assert "for $HOME and ''${PATH}" in machine.succeed("invited key list")
        machine.succeed("(umask 077; invited key create --jwt --id ci >/root/ci.pem)")
        assert machine.succeed("invited token mint --id ci --key-file /root/ci.pem").count(".") == 2

    with subtest("the sandbox is as tight as promised"):
        machine.succeed("systemd-analyze security --threshold=2 invited.service")
  '';
}
