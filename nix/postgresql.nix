# PostgreSQL of this machine as the ledger, by its socket: peer authentication, no password.
{ config, lib, ... }:
let
  cfg = config.services.invited;
in
{
  config = lib.mkIf (cfg.enable && cfg.postgresql.createLocally) {
    services.invited.settings.ledger.url = "postgres:///invited?host=/run/postgresql";

    services.postgresql = {
      enable = true;
      ensureDatabases = [ "invited" ];
      ensureUsers = [
        {
          name = "invited";
          ensureDBOwnership = true;
        }
      ];
    };

    systemd.services.invited = {
      requires = [ "postgresql.target" ];
      after = [ "postgresql.target" ];
    };
  };
}
