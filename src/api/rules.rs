//! What the texts of a request may hold, as patterns of JSON Schema. The handlers refuse whatever breaks these rules; they
//! stand in the description for callers to know without trying.

/// Texts without control characters, those of [`turns_text`](crate::invite::text::turns_text) among them.
pub const NO_CONTROL: &str = r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+$";

/// Texts of several lines, without NUL and without those.
pub const NO_TURNING: &str = r"^[^\u0000\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$";
