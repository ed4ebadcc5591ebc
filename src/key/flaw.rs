//! Why a token (JWT) is refused: in words for the log, and never for who sent it.

/// A longer token is refused unread.
pub(super) const MAX_BYTES: usize = 8 << 10;

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Larger than we read.
    #[error("token of more than {MAX_BYTES} bytes")]
    TooLong,
    /// A header that is none, or names no algorithm that there is: `none` is not one.
    #[error("malformed token header")]
    Header,
    /// No `kid`.
    #[error("token without kid")]
    NoKeyId,
    /// It brings a key, or demands what we do not know.
    #[error("token header with jwk, jku, x5u, x5c or crit")]
    ForeignKey,
    /// Some other kind of token.
    #[error("token of another type")]
    Type,
    /// Signed in another way than is declared.
    #[error("token with another algorithm")]
    Algorithm,
    /// Signed by somebody else, or changed since.
    #[error("wrong signature")]
    Signature,
    /// A claim has another form than it must.
    #[error("malformed claims")]
    Claims,
    /// No `exp`.
    #[error("token without exp")]
    NoExpiry,
    /// `exp` is in the past.
    #[error("expired token")]
    Expired,
    /// `iat` or `nbf` is in the future.
    #[error("token of the future")]
    Future,
    /// It lives longer than we let it.
    #[error("token that lives for more than a day")]
    TooLasting,
    /// No `iat`, and `max_age` is set.
    #[error("token without iat")]
    NoAge,
    /// Older than `max_age`.
    #[error("token older than max_age")]
    TooOld,
    /// Made for another service.
    #[error("token for another audience")]
    Audience,
    /// Made by another issuer.
    #[error("token of another issuer")]
    Issuer,
    /// Another one of the declared claims is missing, or different.
    #[error("token without a claim that is declared")]
    Claim,
    /// Several keys take it.
    #[error("token that fits several keys; declare claims that tell them apart")]
    Ambiguous,
    /// Whether it is signed was not computed: too many that are not came from the same address.
    #[error("unchecked token")]
    Unchecked,
    /// Its `jti` was used before.
    #[error("token that was used before")]
    Used,
}
