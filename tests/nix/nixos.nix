# Stand-ins for nixpkgs, and the flake's outputs on them: what tests/nix evaluates.
let
  lib = import ./lib.nix;

  # A package, or anything else that is built; `attrs` can be read back.
  derivation =
    name: attrs:
    {
      type = "derivation";
      inherit name;
      # Whoever asks for a package has all of it evaluated.
      outPath = builtins.deepSeq attrs "/nix/store/00000000000000000000000000000000-${name}";
      meta.mainProgram = name;
      nativeBuildInputs = [ ];
      overrideAttrs = f: derivation name (attrs // f (derivation name attrs));
    }
    // attrs;
  programs = [
    "cargo"
    "clippy"
    "coreutils"
    "curl"
    "deadnix"
    "installShellFiles"
    "jq"
    "nixfmt"
    "nixfmt-tree"
    "openssl"
    "prosody"
    "rust-analyzer"
    "rustfmt"
    "systemd"
    "versionCheckHook"
  ];

  pkgsOf =
    system:
    let
      pkgs = lib.genAttrs programs (name: derivation name { }) // {
        inherit lib;
        stdenv = {
          hostPlatform.system = system;
          buildPlatform.canExecute = _: true;
        };
        callPackage =
          file: arguments:
          let
            f = import file;
          in
          f (builtins.intersectAttrs (builtins.functionArgs f) pkgs // arguments);
        formats.toml = _: {
          type =
            let
              value = lib.types.oneOf [
                lib.types.bool
                lib.types.int
                lib.types.float
                lib.types.str
                lib.types.path
                (lib.types.attrsOf value)
                (lib.types.listOf value)
              ];
            in
            value // { name = "TOML value"; };
          generate = name: value: derivation name { inherit value; };
        };
        mkShell = derivation "shell";
        runCommandLocal =
          name: attrs: script:
          derivation name (attrs // { inherit script; });
        # With a function, the attributes that it gives are what it is given.
        rustPlatform.buildRustPackage =
          attrs:
          let
            all = if builtins.isFunction attrs then attrs all else attrs;
          in
          derivation all.pname all;
        fetchgit = source: derivation "source" source;
        nix-update-script = derivation "update";
        nixosTests.invited = derivation "vm-tests" { };
        # In nixpkgs it would be one of the packages.
        invited = pkgs.callPackage ../../nix/upstream/pkgs/by-name/in/invited/package.nix { };
        testers.runNixOSTest = test: derivation "vm-test" { inherit test; };
        writeShellScriptBin = name: text: derivation name { inherit text; };
      };
    in
    pkgs;
  pkgs = pkgsOf "x86_64-linux";

  # The options of NixOS that the module reads or that must be of the right form.
  options = {
    assertions = lib.mkOption {
      type = lib.types.listOf lib.types.anything;
      default = [ ];
    };
    warnings = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
    };
    systemd.package = lib.mkOption { default = pkgs.systemd; };
    networking.firewall.allowedTCPPorts = lib.mkOption {
      type = lib.types.listOf lib.types.int;
      default = [ ];
    };
    services.nginx = service "nginx" {
      virtualHosts = lib.mkOption { default = { }; };
    };
    services.prosody = service "prosody" {
      extraModules = lib.mkOption {
        type = lib.types.listOf lib.types.str;
        default = [ ];
      };
      extraConfig = lib.mkOption {
        type = lib.types.lines;
        default = "";
      };
      virtualHosts = lib.mkOption { default = { }; };
    };
  };
  service =
    name: options:
    lib.mkOption {
      type = lib.types.submodule {
        freeformType = lib.types.anything;
        options = {
          enable = lib.mkEnableOption name;
          group = lib.mkOption {
            type = lib.types.str;
            default = name;
          };
        }
        // options;
      };
      default = { };
    };

  evaluate =
    modules:
    lib.evalModules {
      modules = [ { inherit options; } ] ++ modules;
      loose = true;
      args = {
        inherit pkgs;
        modulesPath = toString ./machine/modules;
      };
    };

  # For JSON: packages and files become paths of the store.
  plain =
    value:
    if builtins.isFunction value then
      "a function"
    else if value ? outPath then
      value.outPath
    else if builtins.isPath value then
      (derivation (baseNameOf value) { }).outPath
    else if builtins.isAttrs value then
      builtins.mapAttrs (_: plain) value
    else if builtins.isList value then
      map plain value
    else
      value;

  nixpkgs = {
    lib = lib // {
      nixosSystem = { modules, ... }: evaluate ([ ./machine ] ++ modules);
    };
    legacyPackages = lib.genAttrs [ "aarch64-linux" "x86_64-linux" ] pkgsOf;
  };
  flake = import ../../flake.nix;
  self = flake.outputs { inherit self nixpkgs; };

  # What comes of a configuration.
  report =
    { config, ... }:
    let
      file = config.environment.etc."invited/config.toml".source;
    in
    plain (
      {
        assertions = map (assertion: assertion.message) (
          lib.filter (assertion: !assertion.assertion) config.assertions
        );
        inherit (config) warnings;
      }
      // lib.optionalAttrs config.services.invited.enable {
        inherit (config) systemd;
        inherit (config.networking) firewall;
        inherit (config.services) nginx prosody;
        postgresql = config.services.postgresql or null;
        settings = plain file.source.value;
        check = file.script;
        admin = (lib.head (lib.filter (package: package ? text) config.environment.systemPackages)).text;
      }
    );

  # The module as nixpkgs would have it.
  upstream = ../../nix/upstream/nixos/modules/services/networking/invited.nix;
  docs = module: (evaluate [ module ]).docs;
  # Every VM test: its nodes and its script.
  testsOf =
    module:
    builtins.mapAttrs (
      _: file:
      let
        test = import file;
        value = if builtins.isFunction test then test { inherit pkgs lib; } else test;
      in
      {
        nodes = builtins.mapAttrs (
          _: node:
          let
            modules = [
              module
              node
            ];
            system = evaluate modules;
          in
          report system
          // {
            # The same with more on top.
            specialisations = builtins.mapAttrs (
              _: specialisation: report (evaluate (modules ++ [ specialisation.configuration ]))
            ) (system.config.specialisation or { });
          }
        ) value.nodes;
        inherit (value) testScript;
      }
    );
  # What a package is built from.
  attributes =
    package:
    builtins.mapAttrs (_: plain) (
      removeAttrs package [
        "outPath"
        "overrideAttrs"
      ]
    );
in
{
  inherit self;
  inherit (flake) inputs;
  # Of our module, and of nixpkgs'.
  system =
    module:
    report (evaluate [
      self.nixosModules.default
      module
    ]);
  systemUpstream =
    module:
    report (evaluate [
      upstream
      module
    ]);
  package = attributes self.packages.x86_64-linux.invited;
  packageUpstream = attributes pkgs.invited;
  # The first machine of a user's flake.
  ofFlake =
    user:
    let
      machine = lib.head (
        lib.attrValues (
          (user.outputs {
            inherit self nixpkgs;
            invited = self;
          }).nixosConfigurations
        )
      );
      inherit (machine) config;
    in
    report machine
    // {
      inherit (user) inputs;
      inherit (config.system) stateVersion;
      inherit (config.services) openssh;
      inherit (config.security) sudo;
      inherit (config.users) users;
    };
  docs = docs self.nixosModules.default;
  docsUpstream = docs upstream;
  tests = testsOf self.nixosModules.default;
  testsUpstream = testsOf upstream;
  # Outputs of the flake, as far as stand-ins go.
  outputs = builtins.mapAttrs (
    name: output:
    if name == "nixosModules" || name == "overlays" then builtins.attrNames output else plain output
  ) self;
}
