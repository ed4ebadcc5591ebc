# Prosody beside the service: a guest signs up in the form, and Prosody that is away stops nothing else.
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
        listenStreams = [ "127.0.0.1:5290" ];
        settings = {
          public_url = "http://localhost:5290/";
          hosts."example.com".site_name = "Example";
          # The digest of "test".
          keys.website.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        };
      };
    };

  testScript = ''
    import re

    curl = "curl --silent --show-error --cookie-jar jar --cookie jar"


    def ask(request):
        """The status and the body of the answer."""
        body, status = machine.succeed(f"{curl} --write-out '\n%{{http_code}}' {request}").rsplit("\n", 1)
        return int(status), body


    def invite():
        link = "http://localhost:5290/invite?"
        return machine.succeed("invited invite create").split(link)[1].split()[0]


    def open_form(token):
        status, page = ask(f"'http://localhost:5290/register?t={token}'")
        assert status == 200, page
        return re.search(r'name="csrf" value="([^"]+)"', page)[1]


    def send_form(token, csrf, username):
        form = {"csrf": csrf, "token": token, "username": username, "password": "a balcony in Verona"}
        fields = " ".join(f"--data-urlencode '{name}={value}'" for name, value in form.items())
        return ask(f"{fields} 'http://localhost:5290/register?t={token}'")


    def has_account(username):
        return username in machine.succeed("prosodyctl shell user list example.com")


    def connect(group):
        """What curl says of the admin socket: 7 where it may not connect."""
        status, _ = machine.execute(
            f"setpriv --reuid=nobody --regid={group} --clear-groups"
            " curl --silent --max-time 5 --unix-socket /run/prosody/admin.sock http://x/"
        )
        return status


    # Nobody has called: it is there for apps, which sign up on Prosody.
    machine.wait_for_unit("invited.service")
    machine.wait_for_unit("prosody.service")
    machine.wait_for_file("/run/prosody/admin.sock")

    with subtest("the admin socket is for Prosody's group alone, and the service uses it"):
        assert machine.succeed("stat --format=%a:%G /run/prosody/admin.sock").strip() == "770:prosody"
        assert connect("nogroup") == 7
        assert connect("prosody") != 7
        checked = machine.succeed("invited check --connect")
        assert checked.startswith("example.com: Prosody ") and "missing" not in checked, checked
        machine.wait_until_succeeds(
            "curl --silent --unix-socket /run/invited/http.sock http://x/readyz | grep --fixed-strings '\"state\":\"ok\"'"
        )

    with subtest("a guest signs up"):
        token = invite()
        csrf = open_form(token)
        status, page = send_form(token, "wrong", "juliet")
        assert status == 403 and "form" in page, page
        assert not has_account("juliet")
        status, page = send_form(token, csrf, "juliet")
        assert status == 303, page
        assert has_account("juliet")

    with subtest("the invite is spent"):
        assert ask(f"'http://localhost:5290/invite?{token}'")[0] == 410

    with subtest("a name that is taken costs nothing"):
        token = invite()
        csrf = open_form(token)
        assert send_form(token, csrf, "juliet")[0] == 409
        assert ask(f"'http://localhost:5290/invite?{token}'")[0] == 200

    with subtest("Prosody that is down stops sign-up alone, and it heals"):
        pid = machine.succeed("systemctl show --property=MainPID --value invited.service")
        machine.succeed("systemctl stop prosody.service")
        status, page = send_form(token, csrf, "romeo")
        assert status == 503 and "Your invite is not lost" in page, page
        key = "--request POST --header 'Authorization: Bearer website/test'"
        assert ask(f"{key} http://localhost:5290/invites_api")[0] == 201
        late = invite()
        machine.succeed("systemctl start prosody.service")
        machine.wait_until_succeeds("invited check --connect")
        machine.wait_until_succeeds(
            "curl --silent --unix-socket /run/invited/http.sock http://x/readyz | grep --fixed-strings '\"state\":\"ok\"'"
        )
        assert send_form(token, csrf, "romeo")[0] == 303
        assert send_form(late, open_form(late), "mercutio")[0] == 303
        assert has_account("romeo") and has_account("mercutio")
        assert machine.succeed("systemctl show --property=MainPID --value invited.service") == pid
  '';
}
