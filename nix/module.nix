# services.invited: what may be set. What comes of it stands in the files that are imported.
{ self }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.invited;
  inherit (lib) mkOption types;
  toml = pkgs.formats.toml { };
in
{
  imports = [
    ./admin.nix
    ./assertions.nix
    ./nginx.nix
    ./postgresql.nix
    ./prosody.nix
    ./service.nix
  ];

  options.services.invited = {
    enable = lib.mkEnableOption "invited, which hands out invites to an XMPP server";

    package = lib.mkPackageOption self.packages.${pkgs.stdenv.hostPlatform.system} "invited" {
      pkgsText = "invited.packages.\${system}";
    };

    settings = mkOption {
      type = types.submodule {
        freeformType = toml.type;
        options = {
          public_url = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "https://invite.example.com/";
            description = ''
              URL that every link begins with, including the path prefix if there is one.
              Set by {option}`services.invited.nginx.virtualHost` where that is used.
            '';
          };
          hosts = mkOption {
            type = types.attrsOf (
              types.submodule {
                freeformType = toml.type;
                # As a whole: a host that names a backend has that one.
                config.backend = lib.mkIf cfg.prosody.enable (
                  lib.mkDefault {
                    kind = "prosody";
                    inherit (cfg.prosody) socket;
                  }
                );
                options.backend = mkOption {
                  type = types.submodule {
                    freeformType = toml.type;
                    options.kind = mkOption {
                      type = types.nullOr (
                        types.enum [
                          "ledger"
                          "prosody"
                          "ejabberd"
                          "xmpp"
                        ]
                      );
                      default = null;
                      description = ''
                        Kind of XMPP server; `ledger` for none. The sandbox is opened as far as the kind needs.
                        Set by {option}`services.invited.prosody.enable` where that is used.
                      '';
                    };
                  };
                  default = { };
                  description = "The XMPP server.";
                };
              }
            );
            default = { };
            example = {
              "example.com".site_name = "Example";
            };
            description = "Hosts that invites are created for, by domain.";
          };
        };
      };
      default = { };
      example = lib.literalExpression ''
        {
          public_url = "https://invite.example.com/";
          hosts."example.com".site_name = "Example";
          keys.website.sha256 = "…"; # `invited key create --id website --declare` prints it
        }
      '';
      description = ''
        The configuration, as in {file}`config.example.toml`. It is checked by `invited check` when the system is built.
        It is world-readable: secrets are named by their `…_file` settings and passed by
        {option}`services.invited.credentials`.
      '';
    };

    credentials = mkOption {
      type = types.attrsOf (
        types.pathWith {
          absolute = true;
          inStore = false;
        }
      );
      default = { };
      example = lib.literalExpression "{ website = config.age.secrets.website.path; }";
      description = ''
        Secrets by name: files outside of the store that root can read. A setting such as `secret_file = "website"`
        refers to one by its name; the one named `ledger.key` is the ledger key. They are read when the service starts:
        after a change, such as the renewal of a certificate for `settings.tls`, run `systemctl restart invited`
        (`security.acme.certs.<name>.postRun`). No connection is refused meanwhile.
      '';
    };

    listenStreams = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "[::]:5290" ];
      description = ''
        Addresses that the socket unit listens on in addition to {file}`/run/invited/http.sock`, as in
        {manpage}`systemd.socket(5)`. With `settings.tls` they speak HTTPS. A switch that changes them closes the
        sockets for a moment.
      '';
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to open the ports of {option}`services.invited.listenStreams` in the firewall.";
    };

    metrics.listenStreams = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "127.0.0.1:9280" ];
      description = ''
        Addresses to serve metrics on, as in {manpage}`systemd.socket(5)`. Whoever can connect can read them;
        {option}`services.invited.openFirewall` does not open these ports.
      '';
    };

    nginx.virtualHost = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "invite.example.com";
      description = ''
        Virtual host of nginx that passes requests on to the service. Set its certificates as in
        `services.nginx.virtualHosts."invite.example.com" = { enableACME = true; forceSSL = true; }`. nginx does not log
        these requests, because their URLs contain keys and tokens; the service logs them without.
      '';
    };

    prosody = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = ''
          Whether {option}`services.prosody` of this machine is the backend of all hosts that set no other: loads the
          modules that are needed, and lets the service use the admin socket. Access to that socket is full control of
          Prosody.
        '';
      };
      socket = mkOption {
        type = types.path;
        default = "/run/prosody/admin.sock";
        description = "Path of Prosody's admin socket.";
      };
    };

    postgresql.createLocally = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to keep the ledger in {option}`services.postgresql` of this machine.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.etc."invited/config.toml".source =
      pkgs.runCommandLocal "invited-config.toml"
        {
          source = toml.generate "invited.toml" (lib.filterAttrsRecursive (_: v: v != null) cfg.settings);
        }
        ''
          ${lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
            ${lib.getExe cfg.package} --config $source check
          ''}
          cp $source $out
        '';
  };
}
