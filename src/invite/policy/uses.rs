//! How often an invite may be redeemed, and how many there may be of one.

use crate::invite::Kind;
use crate::invite::field::{FieldErrors, Given};
use crate::invite::redemption::Change;
use crate::invite::request::InviteRequest;

/// The most uses of an invite.
pub const MAX_USES: u32 = 10_000;

/// The most invites of one request.
pub const MAX_COUNT: u32 = 1_000;

/// What a field is to be that counts something.
#[must_use]
pub fn whole_number(max: u32) -> String {
    format!("expected a whole number from 1 to {max}")
}

/// Reads a field that counts something.
fn up_to(max: u32) -> impl Fn(&u32) -> Option<u32> {
    move |number| (1..=max).contains(number).then_some(*number)
}

/// Those of a new invite.
pub(super) fn of_new(errors: &mut FieldErrors, request: &InviteRequest, max: u32) -> u32 {
    let uses = read(errors, request.uses, max).unwrap_or(1);
    if uses > 1 && !(request.reset.is_absent() && request.username.is_absent()) {
        errors.refuse("uses", "an invite for one account has one use");
    }
    uses
}

/// Whether so many alike can be created.
pub(super) fn check_count(errors: &mut FieldErrors, request: &InviteRequest, kind: &Kind) {
    let count = errors.read("count", &request.count, whole_number(MAX_COUNT), up_to(MAX_COUNT));
    if count.is_some_and(|count| count > 1) && kind.reserves().is_some() {
        errors.refuse("count", "several invites cannot reserve the same name");
    }
}

/// Reads the field. What would do for another key is told to be a matter of the key.
pub(super) fn read(errors: &mut FieldErrors, given: Given<u32>, max: u32) -> Option<u32> {
    let expected = match given {
        Given::Is(uses) if (max + 1..=MAX_USES).contains(&uses) => beyond_key(max),
        _ => whole_number(max),
    };
    errors.read("uses", &given, expected, up_to(max))
}

fn beyond_key(max: u32) -> String {
    format!(
        "expected at most {max}, which is the key's max_uses; more is given where the key is declared, or by --max-uses when it \
         is created by command"
    )
}

/// What lives on by a change is as good as created anew, with as many uses as it has then.
pub(super) fn check_kept_alive(errors: &mut FieldErrors, change: &Change, uses: u32, max: u32) {
    if (change.expires_at.is_some() || change.revoked == Some(false)) && uses > max {
        errors.refuse("uses", beyond_key(max));
    }
}
