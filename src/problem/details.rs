//! How a refusal reads: to whoever asked, and in the log.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::refusal::Problem;
use crate::invite::field::FieldError;
use crate::log::chain;

/// How a refusal reads in JSON (RFC 9457, 3).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemDetails<'a> {
    /// Which problem; stable.
    #[serde(rename = "type")]
    kind: String,
    /// What it is, in a few words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong and what to do.
    detail: Cow<'a, str>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl<'a> From<&'a Problem> for ProblemDetails<'a> {
    fn from(problem: &'a Problem) -> Self {
        let errors = match problem {
            Problem::Fields(wrong) | Problem::NotForServer(wrong) | Problem::NotAccepted(wrong) => wrong.as_slice(),
            _ => &[],
        };
        Self {
            kind: format!("urn:invited:problem:{}", problem.slug()),
            title: problem.title(),
            status: problem.status(),
            detail: problem.detail(),
            errors,
        }
    }
}

impl fmt::Display for Problem {
    /// For the log: with the cause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(error, _) | Self::Unauthenticated(error) => error.fmt(f),
            Self::Fields(wrong) | Self::NotForServer(wrong) | Self::NotAccepted(wrong) => {
                f.write_str("wrong:")?;
                wrong.iter().try_for_each(|wrong| match &wrong.field {
                    Cow::Borrowed(field) => write!(f, " {field}"),
                    // As the client wrote it: that may be anything.
                    Cow::Owned(_) => f.write_str(" a field"),
                })
            }
            Self::Scopes(lacking) => lacking.fmt(f),
            Self::Clock(difference) => write!(f, "this node's clock is {difference}"),
            Self::Internal(cause) | Self::Unavailable(cause) | Self::Unsure(cause) => write!(f, "{}", chain(cause)),
            other => f.write_str(other.slug()),
        }
    }
}
