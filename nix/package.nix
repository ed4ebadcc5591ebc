# The program with its manual pages, shell completions and systemd units.
{
  lib,
  rustPlatform,
  stdenv,
  coreutils,
  installShellFiles,
  versionCheckHook,
}:
let
  cargo = (lib.importTOML ../Cargo.toml).package;
in
rustPlatform.buildRustPackage {
  pname = cargo.name;
  inherit (cargo) version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.lock
      ../Cargo.toml
      ../README.md
      ../askama.toml
      ../benches
      ../clippy.toml
      ../config.example.toml
      ../docs
      ../examples
      ../fuzz
      ../src
      ../systemd
      ../tests
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;
  inherit ((lib.importTOML ../.cargo/config.toml)) env;

  # The other tests start servers and open ports; they are run by tests/run.
  cargoTestFlags = [ "--lib" ];

  nativeBuildInputs = [ installShellFiles ];
  nativeInstallCheckInputs = [ versionCheckHook ];
  doInstallCheck = true;

  postInstall = ''
    install -D --mode=0644 --target-directory=$out/lib/systemd/system systemd/invited.{service,socket}
    substituteInPlace $out/lib/systemd/system/invited.service \
      --replace-fail /usr/bin/invited $out/bin/invited \
      --replace-fail /bin/kill ${coreutils}/bin/kill
  ''
  + lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    mkdir man
    $out/bin/invited man man
    installManPage man/*
    for shell in bash fish zsh; do
      $out/bin/invited completions $shell >invited.$shell
    done
    installShellCompletion invited.{bash,fish,zsh}
  '';

  meta = {
    inherit (cargo) description homepage;
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    mainProgram = "invited";
    platforms = lib.platforms.linux;
  };
}
