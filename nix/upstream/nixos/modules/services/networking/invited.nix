{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.invited;
  inherit (cfg) settings;
  inherit (lib) mkOption types;
  toml = pkgs.formats.toml { };

  # Whether a host, as it stands in an address, is this machine.
  isLoopback = host: builtins.match "localhost|127(\\.[0-9]+){3}|\\[::1]|::1" host != null;

  # How far the service must reach to speak to its backends, webhooks and mail server: "files" (socket files), "loopback"
  # or "anywhere".
  reach =
    let
      # An address as the settings have it (host:port, a URL) → its host.
      hostOf =
        address: lib.elemAt (builtins.match "([a-z]+://)?([^/@]*@)?(\\[[^]]*]|[^:/?]*).*" address) 2;

      ofHost =
        host:
        {
          ejabberd = [ (host.backend.url or "unknown") ];
          # Without an address, DNS says where.
          xmpp = [ (host.backend.address or "unknown") ];
        }
        .${toString host.backend.kind} or [ ];

      # PostgreSQL's URL has its hosts before the database or as parameters behind it, several with commas between them; a
      # path is a socket file. What stands for one of them alone, as `hostaddr` does, counts like it.
      ofLedger =
        url:
        let
          parts = builtins.match "[a-z]+://([^/?]*@)?([^/?]*)[^?]*[?]?(.*)" url;
          parameter = text: builtins.match "(host|hostaddr)=(.*)" text;
          parameters = lib.filter (found: found != null) (
            map parameter (lib.splitString "&" (lib.elemAt parts 2))
          );
          isFile =
            host:
            host == ""
            || lib.any (slash: lib.hasPrefix slash host) [
              "/"
              "%2F"
              "%2f"
            ];
          named =
            map hostOf (lib.filter (host: !isFile host) (lib.splitString "," (lib.elemAt parts 1)))
            ++ lib.concatMap (found: lib.splitString "," (lib.elemAt found 1)) parameters;
        in
        if parts == null then [ "unknown" ] else lib.filter (host: !isFile host) named;
      ledger = settings.ledger or { };

      hosts =
        map hostOf (
          lib.concatMap ofHost (lib.attrValues settings.hosts)
          ++ lib.optional (settings ? component) (settings.component.server or "unknown")
          ++ map (webhook: webhook.url or "unknown") (settings.webhooks or [ ])
          ++ lib.optional (settings ? mail) (settings.mail.smtp or "unknown")
        )
        ++ lib.optionals (lib.hasPrefix "postgres" (ledger.url or "")) (ofLedger ledger.url)
        # A URL with a secret in it is one with a password, for a server behind TCP.
        ++ lib.optional (ledger ? url_file) "unknown";
    in
    if hosts == [ ] then
      "files"
    else if lib.all isLoopback hosts then
      "loopback"
    else
      "anywhere";

  # Listen streams → the TCP ports that are reachable from other machines: no socket files, no loopback.
  portsOf =
    let
      port =
        stream:
        let
          parts = builtins.match "((\\[[^]]*]|[^/:]*):)?([0-9]+)" stream;
          host = lib.elemAt parts 1;
        in
        lib.optionals (parts != null) (
          lib.optional (host == null || !isLoopback host) (lib.toInt (lib.elemAt parts 2))
        );
    in
    lib.concatMap port;

  # The hosts whose backend is Prosody.
  onProsody = lib.attrNames (
    lib.filterAttrs (_: host: host.backend.kind == "prosody") settings.hosts
  );

  # The settings that hold secrets, or name files.
  secrets = {
    # Never in the world-readable configuration: each has a twin that names a credential.
    inline = [
      "component.secret"
      "hosts.*.backend.password"
      "hosts.*.backend.token"
      "mail.password"
      "webhooks[].secret"
    ];
    # Credentials, by name.
    files = [
      "component.secret_file"
      "hosts.*.backend.password_file"
      "hosts.*.backend.token_file"
      "keys.*.secret_file"
      "ledger.key_file"
      "ledger.url_file"
      "mail.password_file"
      "tls.certificate_file"
      "tls.private_key_file"
      "webhooks[].secret_file"
      "webhooks[].url_file"
    ];
    # Credentials, or files of the store.
    public = [
      "hosts.*.logo_file"
      "keys.*.jwks_file"
      "keys.*.public_key_file"
    ];
  };

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

  # "hosts.*.backend.token" → every such setting that is there, as { path, value }.
  find =
    let
      walk =
        path: value: parts:
        if value == null then
          [ ]
        else if parts == [ ] then
          [ { inherit path value; } ]
        else if lib.head parts == "*" then
          lib.concatLists (
            lib.mapAttrsToList (name: below: walk (path ++ [ name ]) below (lib.tail parts)) value
          )
        else if lib.hasSuffix "[]" (lib.head parts) then
          let
            name = lib.removeSuffix "[]" (lib.head parts);
            items = value.${name} or [ ];
            ofItem = at: walk (path ++ [ name ] ++ [ (toString at) ]) (lib.elemAt items at) (lib.tail parts);
          in
          lib.concatLists (lib.genList ofItem (lib.length items))
        else
          walk (path ++ [ (lib.head parts) ]) (value.${lib.head parts} or null) (lib.tail parts);
    in
    lib.concatMap (
      pattern: walk [ "services" "invited" "settings" ] settings (lib.splitString "." pattern)
    );
  show = setting: lib.showOption setting.path;

  isInStore = value: builtins.isPath value || lib.hasPrefix "${builtins.storeDir}/" (toString value);
  isBare = value: lib.isString value && builtins.match "[^/]+" value != null;
  # The ledger key may as well be a file of the state directory.
  isPassed = setting: cfg.credentials ? ${setting.value} || lib.last setting.path == "key_file";

  named = find (secrets.files ++ secrets.public);
  public = find secrets.public;
  isPublicFile = setting: lib.elem setting public && isInStore setting.value;

  without = lib.filter (
    host:
    !lib.any (virtual: virtual.domain == host) (lib.attrValues config.services.prosody.virtualHosts)
  ) onProsody;
  # A backend is one definition: what is set of it takes the place of what prosody.enable would have set.
  withoutKind = lib.attrNames (
    lib.filterAttrs (
      _: host: host.backend.kind == null && removeAttrs host.backend [ "kind" ] != { }
    ) settings.hosts
  );
  withoutSocket = lib.filter (host: !settings.hosts.${host}.backend ? socket) onProsody;
  backendOf =
    host:
    lib.showOption [
      "services"
      "invited"
      "settings"
      "hosts"
      host
      "backend"
    ];
  orNone = lib.optionalString cfg.prosody.enable ", or nothing of this backend: services.invited.prosody.enable then sets all of it";
  hasGroup = (config.systemd.services.invited.serviceConfig.SupplementaryGroups or [ ]) != [ ];

  virtualHost = cfg.nginx.virtualHost;
  parts = builtins.match "[a-z]+://(\\[[^]]*]|[^/:]*)(:[0-9]+)?(/.*)?" (
    toString cfg.settings.public_url
  );
  part = number: lib.optionalString (parts != null) (toString (lib.elemAt parts number));
  publicHost = lib.toLower (part 0);
  prefix = lib.removeSuffix "/" (part 2);

  # The names of the virtual host: links lead here if they have one of them.
  vhost = config.services.nginx.virtualHosts.${virtualHost};
  serverName = vhost.serverName or null;
  names = [ (if serverName == null then virtualHost else serverName) ] ++ vhost.serverAliases or [ ];
  isPattern = name: lib.hasPrefix "~" name || lib.hasInfix "*" name;
  isServed =
    vhost.default or false || lib.any (name: isPattern name || lib.toLower name == publicHost) names;

  # The program for admins of the machine: as root, it runs with the service's user, groups, state directory and
  # credentials. Commands that read a file given by path begin as root; the program becomes the owner of the state directory
  # by itself.
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

  command = pkgs.writeShellScriptBin "invited-admin" ''
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
  meta.maintainers = [ ]; # whoever submits it

  options.services.invited = {
    enable = lib.mkEnableOption ''
      invited, which hands out invites to an XMPP server. As root, {command}`invited-admin` is the program with the
      user, groups and credentials of the service'';

    package = lib.mkPackageOption pkgs "invited" { };

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

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
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

        networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall (portsOf cfg.listenStreams);

        systemd.sockets = sockets;

        # A switch does not restart sockets whose units have changed, and restartTriggers of the service would leave the sockets
        # as they were. This unit is another one when they have changed, so the switch restarts it, and it restarts them: only
        # then are connections refused for a moment.
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

        assertions = [
          {
            assertion = settings.public_url != null;
            message = "services.invited.settings.public_url is needed: set it to the URL of the service, such as \"https://invite.example.com/\", or set services.invited.nginx.virtualHost.";
          }
          {
            assertion = settings.hosts != { };
            message = "services.invited.settings.hosts needs at least one host: set services.invited.settings.hosts.\"example.com\".site_name.";
          }
          {
            assertion = !settings ? listen;
            message = "systemd passes the sockets: set services.invited.listenStreams in place of services.invited.settings.listen.";
          }
          {
            assertion = !settings ? metrics.listen;
            message = "the service's sandbox lets it open no port: set services.invited.metrics.listenStreams in place of services.invited.settings.metrics.listen.";
          }
          {
            assertion = !settings ? state_dir;
            message = "the state directory is /var/lib/invited: remove services.invited.settings.state_dir.";
          }
          {
            assertion = !cfg.openFirewall || portsOf cfg.listenStreams != [ ];
            message = "services.invited.openFirewall finds no port that others could reach: set services.invited.listenStreams, such as [ \"[::]:5290\" ].";
          }
          {
            assertion = !cfg.prosody.enable || config.services.prosody.enable;
            message = "services.invited.prosody.enable needs Prosody on this machine: set services.prosody.enable, or name the backend in services.invited.settings.hosts.<name>.backend.";
          }
          {
            assertion = builtins.match "[a-z]+://[^/@]*:[^/@]*@.*" (settings.ledger.url or "") == null;
            message = "services.invited.settings.ledger.url has a password, which would be world-readable: set services.invited.settings.ledger.url_file = \"ledger-url\" and services.invited.credentials.ledger-url to a file that holds it.";
          }
        ]
        ++ map (host: {
          assertion = false;
          message = "${backendOf host} has no kind: set ${backendOf host}.kind${orNone}.";
        }) withoutKind
        ++ map (host: {
          assertion = false;
          message = "${backendOf host} has no socket: set ${backendOf host}.socket to the path of Prosody's admin socket${orNone}.";
        }) withoutSocket
        ++ map (
          setting:
          let
            of =
              if lib.elem "webhooks" setting.path then
                "webhook"
              else if lib.head setting.path == "mail" then
                "mail"
              else
                "xmpp";
            name = "${of}-${lib.last setting.path}";
          in
          {
            assertion = false;
            message = "${show setting} would be world-readable: set ${show setting}_file = \"${name}\" in its place, and services.invited.credentials.${name} to a file that holds it.";
          }
        ) (find secrets.inline)
        ++ map (setting: {
          assertion = isBare setting.value && isPassed setting || isPublicFile setting;
          message =
            if isBare setting.value then
              "${show setting} names a credential that is not passed: set services.invited.credentials.${
                lib.showOption [ setting.value ]
              } to a file outside of the store."
            else
              "${show setting} is a file that the service's user cannot read: set it to a name such as \"website\", and services.invited.credentials.website to the file.";
        }) named
        ++ map (name: {
          assertion = builtins.match "[A-Za-z0-9._-]+" name != null;
          message = "services.invited.credentials.${lib.showOption [ name ]} cannot be a credential's name: use letters, digits, dots, dashes and underscores.";
        }) (lib.attrNames cfg.credentials);

        warnings =
          lib.optional (cfg.prosody.enable && without != [ ])
            "services.invited creates invites to ${lib.concatStringsSep ", " without}, for which services.prosody.virtualHosts has no host: their sign-up will fail unless services.prosody.extraConfig has it."
          ++
            lib.optional (onProsody != [ ] && !hasGroup)
              "services.invited has Prosody as the backend of ${lib.concatStringsSep ", " onProsody}, and no group that may use its admin socket: set services.invited.prosody.enable, or the group in systemd.services.invited.serviceConfig.SupplementaryGroups.";

        environment.systemPackages = [
          command
          cfg.package
        ];
      }

      (lib.mkIf (virtualHost != null) {
        services.invited.settings.public_url = lib.mkDefault "https://${virtualHost}/";

        services.nginx = {
          enable = lib.mkDefault true;
          virtualHosts.${virtualHost}.locations."${prefix}/" = {
            proxyPass = "http://unix:/run/invited/http.sock";
            # Set below: nginx would send headers that are set twice twice.
            recommendedProxySettings = false;
            # nginx logs requests, and errors, with query and referrer, which contain keys and tokens. The service itself logs
            # every request without them; where nginx cannot connect to it, the socket unit says why.
            extraConfig = ''
              access_log off;
              error_log stderr emerg;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            '';
          };
        };

        systemd.sockets.invited.socketConfig.SocketGroup = config.services.nginx.group;

        warnings =
          lib.optional (!isServed)
            "services.invited.nginx.virtualHost is ${virtualHost}, and services.invited.settings.public_url leads to ${publicHost}: unless a proxy passes that on, set services.nginx.virtualHosts.${lib.showOption [ virtualHost ]}.serverAliases = [ \"${publicHost}\" ], or one of the two like the other.";
      })

      (lib.mkIf cfg.prosody.enable {
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
            -- Landing page of invites that users and admins create in Prosody; 13 wants to know for which kinds.
            invites_page = "${lib.removeSuffix "/" (toString settings.public_url)}/invite?{invite.token}"
            invites_page_supports = { "account"; "account-and-contact"; "password-reset" }
          '';
        };

        # Connecting needs write permission on the socket, which is created with this umask; Prosody 13 applies only systemd's,
        # 0.12 only its own.
        systemd.services.prosody.serviceConfig.UMask = lib.mkForce "0007";
        systemd.services.invited.serviceConfig.SupplementaryGroups = lib.optional (
          onProsody != [ ]
        ) config.services.prosody.group;
      })

      (lib.mkIf cfg.postgresql.createLocally {
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
      })
    ]
  );
}
