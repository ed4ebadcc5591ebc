-- Prosody 13 for compose.yaml; docs/prosody.md says what the lines about invites are for.
modules_enabled = {
	"roster"; "saslauth"; "tls"; "disco"; "ping"; "dialback";
	"carbons"; "mam"; "smacks"; "pep"; "blocklist"; "vcard_legacy"; "bookmarks"; "private";
	"admin_shell"; "invites"; "invites_register"; "invites_adhoc";
}
allow_registration = false
invites_page = "https://invite.example.com/invite?{invite.token}"
invites_page_supports = { "account"; "account-and-contact"; "password-reset" }
allow_user_invites = true

authentication = "internal_hashed"
storage = "internal"
archive_expires_after = "1w"
certificates = "certs"
log = { info = "*console" }

VirtualHost "example.com"
