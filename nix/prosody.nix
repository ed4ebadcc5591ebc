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
        -- Where invites lead that users and admins make in Prosody; which of them is asked for since 13.
        invites_page = "${lib.removeSuffix "/" (toString settings.public_url)}/invite?{invite.token}"
        invites_page_supports = { "account"; "account-and-contact"; "password-reset" }
      '';
    };

    # Connecting takes write permission on the socket, which is made with this umask; Prosody 13 minds only systemd's,
    # 0.12 only its own.
    systemd.services.prosody.serviceConfig.UMask = lib.mkForce "0007";
    systemd.services.invited.serviceConfig.SupplementaryGroups =
      lib.optional isUsed config.services.prosody.group;
  };
}
