# NixOS's module for hardware that was not recognised.
{ lib, ... }:
{
  hardware.enableRedistributableFirmware = lib.mkDefault true;
}
