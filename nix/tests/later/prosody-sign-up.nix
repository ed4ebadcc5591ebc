# A guest follows the link to a Prosody account: the page's form is filled in, and the account can log in.
{
  name = "invited-prosody-sign-up";

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
        listenStreams = [ "127.0.0.1:5290" ];
        settings = {
          public_url = "http://localhost:5290/";
          hosts."example.com".site_name = "Example";
        };
      };
    };

  testScript = ''
    import re

    machine.wait_for_unit("prosody.service")
    machine.wait_for_file("/run/prosody/admin.sock")
    machine.succeed("invited check --connect")

    link = re.search(r"http://localhost:5290/invite\?\S+", machine.succeed("invited invite create"))[0]
    token = link.split("?")[1]
    curl = "curl --fail --silent --show-error --cookie-jar jar --cookie jar"
    form = machine.succeed(f"{curl} 'http://localhost:5290/register?t={token}'")
    csrf = re.search(r'name="csrf" value="([^"]+)"', form)[1]
    machine.succeed(
        f"{curl} --data-urlencode csrf={csrf} --data-urlencode token={token} --data-urlencode username=juliet"
        " --data-urlencode 'password=a balcony in Verona' http://localhost:5290/register"
    )
    machine.succeed("prosodyctl shell user list example.com | grep --fixed-strings juliet")

    with subtest("the invite is spent"):
        status = machine.succeed(
            f"curl --silent --output /dev/null --write-out '%{{http_code}}' 'http://localhost:5290/invite?{token}'"
        )
        assert status == "410", status
  '';
}
