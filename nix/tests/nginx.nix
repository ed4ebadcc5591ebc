# The virtual host: HTTP/1.1 over the socket file, and who is calling.
{
  name = "invited-nginx";

  nodes.machine =
    { pkgs, ... }:
    {
      environment.systemPackages = [ pkgs.curl ];
      networking.firewall.allowedTCPPorts = [ 80 ];
      services.nginx.recommendedProxySettings = true;
      services.invited = {
        enable = true;
        nginx.virtualHost = "machine";
        settings = {
          public_url = "http://machine/invites/";
          hosts."example.com".site_name = "Example";
          keys.website.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
          http.auth_failures = "2/h";
        };
      };
    };
  nodes.client =
    { pkgs, ... }:
    {
      environment.systemPackages = [ pkgs.curl ];
    };

  testScript = ''
    start_all()
    machine.wait_for_unit("nginx.service")
    client.wait_for_unit("multi-user.target")

    call = "curl --silent --show-error --dump-header - --request POST http://machine/invites/invites_api"
    with subtest("an invite, under the path of public_url"):
        answer = client.succeed(f"{call} --header 'Authorization: Bearer website/test'")
        assert " 201 " in answer, answer
        headers = (line.split(": ", 1) for line in answer.splitlines() if ": " in line)
        link = {name.lower(): value.strip() for name, value in headers}["location"]
        assert link.startswith("http://machine/invites/invite?"), link
        assert "example.com" in client.succeed(f"curl --fail --silent --show-error '{link}'")

    with subtest("nginx logs no key, neither when all is well nor when the service is away"):
        assert " 201 " in client.succeed(f"{call}?key=website/test")
        machine.succeed("systemctl stop invited.socket invited.service")
        assert " 502 " in client.succeed(f"{call}?key=website/test")
        client.succeed("curl --silent --output /dev/null 'http://machine/elsewhere?it=is-logged'")
        machine.succeed("systemctl start invited.socket")
        machine.succeed("grep --fixed-strings 'it=is-logged' /var/log/nginx/access.log")
        machine.succeed("journalctl --sync")
        logs = machine.succeed("cat /var/log/nginx/access.log; journalctl --unit=nginx.service --output=cat")
        assert "website/test" not in logs, logs

    with subtest("failures are counted by the client's address, not by nginx's"):
        for _ in range(2):
            assert " 403 " in client.succeed(f"{call} --header 'Authorization: Bearer website/wrong'")
        assert " 429 " in client.succeed(f"{call} --header 'Authorization: Bearer website/wrong'")
        assert " 403 " in machine.succeed(f"{call} --header 'Authorization: Bearer website/wrong'")
  '';
}
