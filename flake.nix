{
  description = "Hands out invites to an XMPP server: an HTTP service with API keys, as a NixOS module";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      eachSystem =
        f: lib.genAttrs [ "aarch64-linux" "x86_64-linux" ] (system: f nixpkgs.legacyPackages.${system});
      module = lib.modules.importApply ./nix/module.nix { inherit self; };
    in
    {
      packages = eachSystem (pkgs: rec {
        default = invited;
        invited = pkgs.callPackage ./nix/package.nix { };
      });

      overlays.default = final: _: { invited = final.callPackage ./nix/package.nix { }; };

      nixosModules = {
        default = module;
        invited = module;
      };

      # `nix flake check -L`; the VM tests need KVM.
      checks = eachSystem (pkgs: import ./nix/checks.nix { inherit self pkgs; });

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.deadnix
            pkgs.nixfmt
            pkgs.prosody
            pkgs.rust-analyzer
            pkgs.rustfmt
          ];
        };
      });

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
