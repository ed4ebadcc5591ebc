# Prosody of this machine as the backend: modules, admin socket, group and settings, which only work together.
{ config, lib, ... }:
let
  cfg = config.services.invited;
  inherit (cfg) settings;
  isUsed = import ./on-prosody.nix { inherit lib; } settings != [ ];
in
{
  config = lib.mkIf (cfg.enable && cfg.prosody.enable) {
    services.prosody = {
      extraModules = [
        "admin_shell"
        "invites"
        "invites_adhoc"
        "invites_register"
      ];
      extraConfig = lib.mkBefore ''
        admin_socket = "${cfg.prosody.socket}"
        umask = "007"
        -- Landing page of invites that users and admins create in Prosody; 13 wants to know for which kinds.
        invites_page = "${lib.removeSuffix "/" (toString settings.public_url)}/invite?{invite.token}"
        invites_page_supports = { "account"; "account-and-contact"; "password-reset" }
      '';
    };

    # Connecting needs write permission on the socket, which is created with this umask; Prosody 13 applies only systemd's,
    # 0.12 only its own.
    systemd.services.prosody.serviceConfig.UMask = lib.mkForce "0007";
    systemd.services.invited.serviceConfig.SupplementaryGroups =
      lib.optional isUsed config.services.prosody.group;
  };
}
