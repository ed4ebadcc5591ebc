//! How often an invite may be redeemed.

use crate::invite::field::{FieldErrors, Given};
use crate::invite::redemption::Change;
use crate::invite::request::InviteRequest;

/// The most uses of an invite.
pub const MAX_USES: u32 = 10_000;

/// What a field is to be that counts something.
#[must_use]
pub fn whole_number(max: u32) -> String {
    format!("expected a whole number from 1 to {max}")
}

/// Reads a field that counts something.
pub(super) fn up_to(max: u32) -> impl Fn(&u32) -> Option<u32> {
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
