# Prosody of this machine as the backend: modules, admin socket, group and settings, which only work together.
{ config, lib, ... }:
let
  cfg = config.services.invited;
in
{
  config = lib.mkIf (cfg.enable && cfg.prosody.enable) {
    services.prosody = {
      extraModules = [
        "admin_shell"
        "invites"
        "invites_register"
      ];
      extraConfig = lib.mkBefore ''
        admin_socket = "${cfg.prosody.socket}"
        umask = "007"
      '';
    };

    # Connecting takes write permission on the socket, which is made with this umask; Prosody 13 minds only systemd's,
    # 0.12 only its own.
    systemd.services.prosody.serviceConfig.UMask = lib.mkForce "0007";
    systemd.services.invited.serviceConfig.SupplementaryGroups = [ config.services.prosody.group ];
  };
}
