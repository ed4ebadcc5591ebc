//! What webhooks are sent, in the form of `OpenAPI` 3.1.

use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use crate::invite::event::{EventKind, InviteData, KeyData};
use crate::invite::open::OpenInvites;

/// The requests that webhooks get, by their events.
pub fn describe(schemas: &mut Schemas) -> Value {
    let (invite, key) = (schemas.answer::<InviteData<'_>>(), schemas.answer::<KeyData>());
    let open = schemas.answer::<OpenInvites>();
    let mut all = Map::new();
    for kind in EventKind::ALL {
        let (data, summary) = match kind {
            EventKind::InviteCreated => (&invite, "An invite was created."),
            EventKind::InviteRedeemed => (&invite, "A use of an invite was redeemed; `redemption` is there."),
            EventKind::InviteRevoked => (&invite, "An invite was revoked."),
            EventKind::InviteExpired => (&invite, "An invite expired before all its uses were redeemed."),
            EventKind::KeyCreated => (&key, "A key was created in the state directory."),
            EventKind::KeyDeleted => (&key, "A key was deleted from the state directory."),
            EventKind::InvitesOpen => (&open, "Once a week: invites are open that live longer than 30 days."),
        };
        let schema = json!({
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": { "type": "string", "enum": [kind.name()], "description": "What happened." },
                "timestamp": { "type": "string", "format": "date-time", "description": "When. RFC 3339, UTC." },
                "data": data,
            },
        });
        let request = json!({
            "post": {
                "operationId": operation(kind),
                "tags": ["events"],
                "summary": summary,
                "description": "Signed as Standard Webhooks has it, and sent until a 2xx is answered. It may come more than once, with the same `webhook-id`.",
                "security": [],
                "parameters": headers(),
                "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
                "responses": {
                    "204": { "description": "It was taken." },
                    "400": { "description": "It was not taken, as with every status that is no 2xx; it is sent again." },
                },
            },
        });
        all.insert(kind.name().to_owned(), request);
    }
    Value::Object(all)
}

fn operation(kind: EventKind) -> &'static str {
    match kind {
        EventKind::InviteCreated => "onInviteCreated",
        EventKind::InviteRedeemed => "onInviteRedeemed",
        EventKind::InviteRevoked => "onInviteRevoked",
        EventKind::InviteExpired => "onInviteExpired",
        EventKind::KeyCreated => "onKeyCreated",
        EventKind::KeyDeleted => "onKeyDeleted",
        EventKind::InvitesOpen => "onInvitesOpen",
    }
}

fn headers() -> Value {
    let header = |name: &str, description: &str| {
        json!({
            "name": name, "in": "header", "required": true,
            "description": description,
            "schema": { "type": "string" },
        })
    };
    json!([
        header("webhook-id", "The same however often an event is sent; no other event has it."),
        header("webhook-timestamp", "When it was sent this time, in seconds since 1970."),
        header("webhook-signature", "`v1,` and HMAC-SHA256 over `ID.TIMESTAMP.BODY`, in base64."),
    ])
}
