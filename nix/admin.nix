# The command `invited` for admins of the machine: as root, it runs with the service's user, groups, state directory and
# credentials. Commands that read a file given by path begin as root; the program becomes the owner of the state directory
# by itself.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.invited;
  service = config.systemd.services.invited.serviceConfig;
  shared = lib.filter (name: service ? ${name}) [
    "DynamicUser"
    "User"
    "SupplementaryGroups"
    "StateDirectory"
    "StateDirectoryMode"
    "UMask"
    "LoadCredential"
  ];
  property = name: map (value: "--property=${name}=${toString value}") (lib.toList service.${name});

  command = pkgs.writeShellScriptBin "invited" ''
    # A shell that completes a word sets a variable, and is not to wait for systemd.
    if [[ $EUID != 0 || -n ''${_INVITED_COMPLETE-} || " $* " = *" key import "* || " $* " = *" token mint "* ]]; then
      exec ${lib.getExe cfg.package} "$@"
    fi
    # systemd replaces $NAME by the variable's value, and $$ by $.
    # Only a terminal passes Ctrl-C on, and only a pipe keeps stdout and stderr apart.
    if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then io=--pty; else io=--pipe; fi
    exec ${config.systemd.package}/bin/systemd-run --quiet --collect --wait $io --service-type=exec \
      ${lib.escapeShellArgs (lib.concatMap property shared)} \
      --property=WorkingDirectory="-$PWD" ${lib.getExe cfg.package} "''${@//\$/\$\$}"
  '';
in
{
  config = lib.mkIf cfg.enable {
    environment.systemPackages = [
      (lib.hiPrio command)
      # Manual pages and completions.
      cfg.package
    ];
  };
}
