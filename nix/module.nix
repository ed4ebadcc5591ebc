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
              Base of every link handed out, with the path prefix if there is one.
              Follows from {option}`services.invited.nginx.virtualHost` where that is set.
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
                        The XMPP server's kind; `ledger` is none. The sandbox opens as far as the kind needs.
                        Follows from {option}`services.invited.prosody.enable` where that is set.
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
            description = "The hosts for which invites are made, by domain.";
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
        Secrets by name: files that root can read, outside of the store. A setting such as `secret_file = "website"`
        names one. One that is called `ledger.key` is the ledger key. They are read when the service starts: after a
        change, such as the renewal of a certificate for `settings.tls`, run `systemctl restart invited`
        (`security.acme.certs.<name>.postRun`), which closes no socket.
      '';
    };

    listenStreams = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "[::]:5290" ];
      description = ''
        Where the socket unit listens beside {file}`/run/invited/http.sock`, as in {manpage}`systemd.socket(5)`.
        With `settings.tls` these speak HTTPS. A switch that changes them closes the sockets for a moment.
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
        Where metrics are collected, as in {manpage}`systemd.socket(5)`. Whoever can connect can read them;
        {option}`services.invited.openFirewall` does not open these ports.
      '';
    };

    nginx.virtualHost = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "invite.example.com";
      description = ''
        The virtual host of nginx that is to pass requests on to the service. Certificates are set there, as in
        `services.nginx.virtualHosts."invite.example.com" = { enableACME = true; forceSSL = true; }`. nginx logs nothing
        of these requests, whose addresses have keys and tokens in them; the service does, without.
      '';
    };

    prosody = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = ''
          Whether {option}`services.prosody` of this machine is the backend of all hosts that name no other: loads the
          modules that it needs, and lets the service use its admin socket. Who may use that socket can do in Prosody
          what Prosody can do.
        '';
      };
      socket = mkOption {
        type = types.path;
        default = "/run/prosody/admin.sock";
        description = "Where Prosody is to have its admin socket.";
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
