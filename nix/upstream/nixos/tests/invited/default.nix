{ runTest }:
{
  basic = runTest ./basic.nix;
  nginx = runTest ./nginx.nix;
  postgresql = runTest ./postgresql.nix;
  prosody = runTest ./prosody.nix;
}
