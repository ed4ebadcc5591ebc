//! How a refusal reads.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::refusal::Problem;
use crate::invite::field::FieldError;

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
