# The units: the settings of ../systemd/invited.{service,socket} and its drop-ins, as tests/nix makes sure.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.invited;
  inherit (cfg) settings;
  reach = import ./reach.nix { inherit lib; } settings;
  onProsody = import ./on-prosody.nix { inherit lib; } settings;

  # As without systemd: a socket file is for a proxy, which terminates TLS itself.
  tls = settings ? tls;
  socket = name: listenStreams: {
    description = "Invites for XMPP (socket)";
    documentation = [ "man:invited(1)" ];
    wantedBy = [ "sockets.target" ];
    startLimitIntervalSec = 0;
    inherit listenStreams;
    socketConfig = {
      FileDescriptorName = name;
      SocketMode = "0660";
      DirectoryMode = "0755";
      Backlog = 4096;
      RemoveOnStop = true;
      TriggerLimitIntervalSec = 0;
    };
  };
  sockets = {
    invited = socket "http" ([ "/run/invited/http.sock" ] ++ lib.optionals (!tls) cfg.listenStreams);
  }
  // lib.optionalAttrs (tls && cfg.listenStreams != [ ]) {
    invited-https = lib.recursiveUpdate (socket "https" cfg.listenStreams) {
      # Restarted together with invited.socket: systemd opens no socket for a service that is already running.
      partOf = [ "invited.socket" ];
      socketConfig.Service = "invited.service";
    };
  }
  // lib.optionalAttrs (cfg.metrics.listenStreams != [ ]) {
    invited-metrics = {
      description = "Metrics of invited (socket)";
      documentation = [ "man:invited(1)" ];
      partOf = [ "invited.socket" ];
      startLimitIntervalSec = 0;
      # The service starts also where it cannot be opened.
      wantedBy = [
        "sockets.target"
        "invited.service"
      ];
      inherit (cfg.metrics) listenStreams;
      socketConfig = {
        FileDescriptorName = "metrics";
        Service = "invited.service";
        TriggerLimitIntervalSec = "10s";
        TriggerLimitBurst = 20;
      };
    };
  };
  units = map (name: "${name}.socket") (lib.attrNames sockets);
  # With what others set, too.
  opened = builtins.hashString "sha256" (
    builtins.toJSON (
      map (name: { inherit (config.systemd.sockets.${name}) listenStreams socketConfig; }) (
        lib.attrNames sockets
      )
    )
  );
in
{
  config = lib.mkIf cfg.enable {
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall (
      import ./ports.nix { inherit lib; } cfg.listenStreams
    );

    systemd.sockets = sockets;

    # A switch does not restart sockets whose units have changed. This unit does, because the switch restarts it when they
    # have: sockets and service are restarted, and connections are refused for a moment.
    systemd.services.invited-sockets = {
      description = "Invites for XMPP (changed sockets)";
      wantedBy = [ "multi-user.target" ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
      };
      script = ''
        if [ -e /run/invited-sockets ] && [ "$(cat /run/invited-sockets)" != ${opened} ]; then
          systemctl try-restart invited.socket
        fi
        echo ${opened} >/run/invited-sockets
      '';
    };

    systemd.services.invited = {
      description = "Invites for XMPP";
      documentation = [ "man:invited(1)" ];
      requires = lib.filter (name: name != "invited-metrics.socket") units;
      after = units;
      startLimitIntervalSec = 0;
      # Users of the component, and apps that sign up on Prosody, need a service that is running: neither starts it.
      wantedBy = lib.mkIf (settings ? component || onProsody != [ ]) [ "multi-user.target" ];

      # A switch neither closes the socket nor stops the service beforehand; it reloads where that is enough.
      stopIfChanged = false;
      reloadTriggers = [ config.environment.etc."invited/config.toml".source ];
      restartTriggers = [
        (builtins.toJSON {
          inherit tls;
          ledger = removeAttrs (settings.ledger or { }) [ "retention" ];
        })
      ];

      serviceConfig = {
        Type = "notify";
        ExecStart = "${lib.getExe cfg.package} serve";
        ExecReload = "${lib.getExe' pkgs.coreutils "kill"} -HUP $MAINPID";
        WatchdogSec = "30s";
        Restart = "on-failure";
        RestartSec = "500ms";
        # From systemd 254 on, which the shipped unit cannot require. A longer delay would keep callers waiting after the
        # cause is gone.
        RestartSteps = 5;
        RestartMaxDelaySec = "10s";
        RestartPreventExitStatus = 2;
        TimeoutStopSec = "30s";
        LoadCredential = lib.mapAttrsToList (name: path: "${name}:${path}") cfg.credentials;

        DynamicUser = true;
        User = "invited";
        StateDirectory = "invited";
        StateDirectoryMode = "0700";
        UMask = "0077";

        # No privileges, and no way to gain any.
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        NoNewPrivileges = true;
        PrivateUsers = true;
        RestrictSUIDSGID = true;

        # Only the state directory is writable. DynamicUser= implies a PrivateTmp= whose removal does not keep the sockets
        # from being opened again.
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateMounts = true;

        # Connections are accepted on inherited sockets; network access is for backends that need it.
        PrivateNetwork = reach == "files";
        RestrictAddressFamilies = [
          "AF_UNIX"
        ]
        ++ lib.optionals (reach != "files") [
          "AF_INET"
          "AF_INET6"
        ];
        SocketBindDeny = "any";

        # No access to devices, kernel settings or other processes.
        PrivateDevices = true;
        DevicePolicy = "closed";
        DeviceAllow = "";
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectProc = "invisible";
        ProcSubset = "pid";
        PrivateIPC = true;
        RemoveIPC = true;

        # No new executable memory, and only the system calls of a service.
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        RestrictNamespaces = true;
        RestrictRealtime = true;
        SystemCallArchitectures = "native";
        SystemCallFilter = [
          "@system-service"
          "~@privileged @resources"
        ];
        SystemCallErrorNumber = "EPERM";

        LimitNOFILE = 65536;
        LimitCORE = 0;
        MemoryMax = "512M";
        TasksMax = 512;
      }
      // lib.optionalAttrs (reach != "anywhere") { IPAddressDeny = "any"; }
      // lib.optionalAttrs (reach == "loopback") { IPAddressAllow = "localhost"; };
    };
  };
}
