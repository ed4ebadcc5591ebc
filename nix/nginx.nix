# A virtual host of nginx that passes everything below public_url on to the socket.
{ config, lib, ... }:
let
  cfg = config.services.invited;
  host = cfg.nginx.virtualHost;
  path = builtins.match "[a-z]+://[^/]*(/.*)?" (toString cfg.settings.public_url);
  prefix = if path == null || lib.head path == null then "/" else lib.head path;
in
{
  config = lib.mkIf (cfg.enable && host != null) {
    services.invited.settings.public_url = lib.mkDefault "https://${host}/";

    services.nginx = {
      enable = lib.mkDefault true;
      virtualHosts.${host}.locations.${if lib.hasSuffix "/" prefix then prefix else "${prefix}/"} = {
        proxyPass = "http://unix:/run/invited/http.sock";
        # Said below, once; nginx would send a header twice that is set twice.
        recommendedProxySettings = false;
        extraConfig = ''
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        '';
      };
    };

    systemd.sockets.invited.socketConfig.SocketGroup = config.services.nginx.group;
  };
}
