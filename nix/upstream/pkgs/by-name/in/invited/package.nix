{
  lib,
  stdenv,
  rustPlatform,
  coreutils,
  fetchgit,
  installShellFiles,
  nix-update-script,
  nixosTests,
  versionCheckHook,
}:

rustPlatform.buildRustPackage (finalAttrs: {
  pname = "invited";
  version = "0.1.0";

  src = fetchgit {
    url = "https://example.org/invited.git";
    tag = "v${finalAttrs.version}";
    hash = lib.fakeHash;
  };

  cargoHash = lib.fakeHash;

  env = {
    # Without it, SQLite takes Linux for a system without fdatasync(2).
    LIBSQLITE3_FLAGS = "-DHAVE_FDATASYNC";
    # Memory that is not needed goes back to the system, also while nobody asks.
    JEMALLOC_SYS_WITH_MALLOC_CONF = "background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:0";
  };

  # The other tests start servers and open ports.
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

  passthru = {
    tests = { inherit (nixosTests) invited; };
    updateScript = nix-update-script { };
  };

  meta = {
    description = "Hands out invites to an XMPP server: an HTTP service with API keys, started by a socket";
    homepage = "https://example.org/invited";
    changelog = "https://example.org/invited/blob/${finalAttrs.src.tag}/CHANGELOG.md";
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    maintainers = [ ]; # whoever submits it
    mainProgram = "invited";
    platforms = lib.platforms.linux;
  };
})
