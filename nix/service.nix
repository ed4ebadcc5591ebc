# The units: the settings of ../systemd/invited.{service,socket} and its drop-ins, as tests/nix.rs makes sure.
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

  # As where the program listens by itself: a socket file is for a proxy, which speaks TLS itself.
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
      # Restarted with the other one: systemd opens none for a service that runs already.
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
      # Without it the service starts all the same.
      wantedBy = [
        "sockets.target"
        "invited.service"
      ];
      inherit (cfg.metrics) listenStreams;
      socketConfig = {
        FileDescriptorName = "metrics";
        Service = "invited.service";
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

    # A switch leaves a socket as it is, however its unit has changed. This is started again by a switch that changes it,
    # and restarts the sockets; the service goes along, and for a moment nobody is let in.
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
      # Users call over XMPP, and apps sign up on Prosody as the ledger says only while the service is there to say it;
      # neither starts it.
      wantedBy = lib.mkIf (settings ? component || onProsody != [ ]) [ "multi-user.target" ];

      # A switch neither closes the socket nor stops the service beforehand; what a reload can take, it takes.
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
        # From systemd 254 on, which the shipped unit cannot count on; more would keep callers waiting once it is mended.
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

        # No privilege, and no way to one.
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        NoNewPrivileges = true;
        PrivateUsers = true;
        RestrictSUIDSGID = true;

        # The state directory is all that can be written.
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateMounts = true;

        # Connections are accepted on inherited sockets; a network is there only for a backend that is behind one.
        PrivateNetwork = reach == "files";
        RestrictAddressFamilies = [
          "AF_UNIX"
        ]
        ++ lib.optionals (reach != "files") [
          "AF_INET"
          "AF_INET6"
        ];
        SocketBindDeny = "any";

        # Nothing of the machine, its kernel, or its other processes.
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

        # No code but the program's own, and only the system calls of a service.
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
