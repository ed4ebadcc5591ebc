# Errors that Nix can find before `invited check` does, each with what to set.
{ config, lib, ... }:
let
  cfg = config.services.invited;
  inherit (cfg) settings;
  secrets = import ./secrets.nix;

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

  onProsody = import ./on-prosody.nix { inherit lib; } settings;
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
in
{
  config = lib.mkIf cfg.enable {
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
        assertion = !cfg.openFirewall || import ./ports.nix { inherit lib; } cfg.listenStreams != [ ];
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
  };
}
