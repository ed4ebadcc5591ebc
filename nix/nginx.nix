# A virtual host of nginx that passes everything below public_url on to the socket.
{ config, lib, ... }:
let
  cfg = config.services.invited;
  virtualHost = cfg.nginx.virtualHost;
  parts = builtins.match "[a-z]+://(\\[[^]]*]|[^/:]*)(:[0-9]+)?(/.*)?" (
    toString cfg.settings.public_url
  );
  part = number: lib.optionalString (parts != null) (toString (lib.elemAt parts number));
  publicHost = lib.toLower (part 0);
  prefix = lib.removeSuffix "/" (part 2);

  # The names of the virtual host: links lead here if they have one of them.
  vhost = config.services.nginx.virtualHosts.${virtualHost};
  serverName = vhost.serverName or null;
  names = [ (if serverName == null then virtualHost else serverName) ] ++ vhost.serverAliases or [ ];
  isPattern = name: lib.hasPrefix "~" name || lib.hasInfix "*" name;
  isServed =
    vhost.default or false || lib.any (name: isPattern name || lib.toLower name == publicHost) names;
in
{
  config = lib.mkIf (cfg.enable && virtualHost != null) {
    services.invited.settings.public_url = lib.mkDefault "https://${virtualHost}/";

    services.nginx = {
      enable = lib.mkDefault true;
      virtualHosts.${virtualHost}.locations."${prefix}/" = {
        proxyPass = "http://unix:/run/invited/http.sock";
        # Set below: nginx would send headers that are set twice twice.
        recommendedProxySettings = false;
        # nginx logs requests, and errors, with query and referrer, which contain keys and tokens. The service itself logs
        # every request without them; where nginx cannot connect to it, the socket unit says why.
        extraConfig = ''
          access_log off;
          error_log stderr emerg;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        '';
      };
    };

    systemd.sockets.invited.socketConfig.SocketGroup = config.services.nginx.group;

    warnings =
      lib.optional (!isServed)
        "services.invited.nginx.virtualHost is ${virtualHost}, and services.invited.settings.public_url leads to ${publicHost}: unless a proxy passes that on, set services.nginx.virtualHosts.${lib.showOption [ virtualHost ]}.serverAliases = [ \"${publicHost}\" ], or one of the two like the other.";
  };
}
