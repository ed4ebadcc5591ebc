# The settings that hold secrets, or name files; tests/nix holds these lists against the program's own schema.
{
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
}
