# What NixOS asks of a whole machine before it builds it; a service's module alone is not asked.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  # Options of interest among others.
  some =
    options:
    mkOption {
      type = types.submodule {
        freeformType = types.anything;
        inherit options;
      };
      default = { };
    };
  flag =
    default:
    mkOption {
      type = types.bool;
      inherit default;
    };
  strings = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  inherit (config.boot) loader;
in
{
  options = {
    boot.loader = some {
      # As long as nothing else is chosen.
      grub = some {
        enable = flag (!(loader.systemd-boot.enable or false));
        device = mkOption {
          type = types.str;
          default = "";
        };
      };
      systemd-boot = some { enable = flag false; };
    };
    fileSystems = mkOption { default = { }; };
    hardware.enableRedistributableFirmware = flag false;
    nixpkgs.hostPlatform = mkOption {
      type = types.nullOr types.str;
      default = null;
    };
    security.sudo = some { wheelNeedsPassword = flag true; };
    services.openssh = some { enable = flag false; };
    system.stateVersion = mkOption {
      type = types.nullOr types.str;
      default = null;
    };
    users.users = mkOption {
      type = types.attrsOf (
        types.submodule {
          freeformType = types.anything;
          options = {
            isNormalUser = flag false;
            extraGroups = strings;
            openssh = some { authorizedKeys = some { keys = strings; }; };
          };
        }
      );
      default = { };
    };
  };

  config = {
    assertions = [
      {
        assertion = loader.grub.enable -> loader.grub.device != "";
        message = "no boot loader: set boot.loader.grub.device or boot.loader.systemd-boot.enable";
      }
      {
        assertion = config.fileSystems ? "/";
        message = "no root file system: set fileSystems.\"/\"";
      }
      {
        assertion = config.nixpkgs.hostPlatform != null;
        message = "no platform: set nixpkgs.hostPlatform";
      }
    ];
    warnings = lib.optional (config.system.stateVersion == null) "system.stateVersion is not set";
  };
}
