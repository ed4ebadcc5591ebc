# As `nixos-generate-config` leaves it on a machine that boots by EFI; ssh and users stand there as comments alone.
{ ... }:
{
  imports = [ ./hardware-configuration.nix ];

  boot.loader.systemd-boot.enable = true;
  boot.loader.efi.canTouchEfiVariables = true;

  system.stateVersion = "25.11";
}
