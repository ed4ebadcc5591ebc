# Prosody beside the service: the wiring holds on a real Prosody, and stays when Prosody is away.
{
  name = "invited-prosody";

  nodes.machine =
    { pkgs, ... }:
    {
      environment.systemPackages = [ pkgs.curl ];
      services.prosody = {
        enable = true;
        xmppComplianceSuite = false;
        virtualHosts."example.com" = {
          domain = "example.com";
          enabled = true;
        };
      };
      services.invited = {
        enable = true;
        prosody.enable = true;
        settings = {
          public_url = "https://invite.example.com/";
          hosts."example.com".site_name = "Example";
          keys.website.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        };
      };
    };

  testScript = ''
    machine.wait_for_unit("prosody.service")
    machine.wait_for_file("/run/prosody/admin.sock")

    call = (
        "curl --silent --show-error --output /dev/null --write-out '%{http_code}' --request POST"
        " --unix-socket /run/invited/http.sock --header 'Authorization: Bearer website/test' http://x/invites_api"
    )
    with subtest("the service's user may connect to the admin socket, others may not"):
        assert machine.succeed("stat --format=%a:%G /run/prosody/admin.sock").strip() == "770:prosody"
        assert machine.succeed(call) == "201"
        pid = machine.succeed("systemctl show --property=MainPID --value invited.service").strip()
        group = machine.succeed("getent group prosody | cut --delimiter=: --fields=3").strip()
        groups = machine.succeed(f"grep ^Groups: /proc/{pid}/status").split()[1:]
        assert group in groups, f"{group} not in {groups}"

    with subtest("the modules are there"):
        shell = machine.succeed("prosodyctl shell module list example.com")
        for module in ["admin_shell", "invites", "invites_register"]:
            assert module in shell, shell

    with subtest("Prosody that is down stops no invite"):
        machine.succeed("systemctl stop prosody.service")
        assert machine.succeed(call) == "201"
  '';
}
