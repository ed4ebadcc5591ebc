# The package, clippy, and each VM test of ./tests.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) invited;

  files = lib.filterAttrs (_: kind: kind == "regular") (builtins.readDir ./tests);
  test =
    file:
    lib.nameValuePair "vm-${lib.removeSuffix ".nix" file}" (
      pkgs.testers.runNixOSTest {
        imports = [ (./tests + "/${file}") ];
        defaults.imports = [ self.nixosModules.default ];
      }
    );
in
{
  package = invited;
  clippy = invited.overrideAttrs (package: {
    pname = "${package.pname}-clippy";
    nativeBuildInputs = package.nativeBuildInputs ++ [ pkgs.clippy ];
    buildPhase = "cargo clippy --offline --all-targets -- --deny warnings";
    doCheck = false;
    doInstallCheck = false;
    installPhase = "touch $out";
    postInstall = "";
  });
}
// builtins.listToAttrs (map test (builtins.attrNames files))
