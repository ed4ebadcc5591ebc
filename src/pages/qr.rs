//! `GET /invite/qr?TOKEN`: a QR code of an invite's link. An image of its own, because it costs more than the page, and
//! whoever reads the page on the right device never asks for it.

use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};
use tide::Response;
use tide::http::headers;

use crate::caller::Request;
use crate::clock;
use crate::problem::Problem;

/// The QR code of an invite that is known.
///
/// # Errors
/// When it is not, or the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let desk = request.state();
    let token = super::token_in(&request);
    desk.open(token, clock::now()).await?.ok_or(Problem::NotFound)?;
    let base = desk.settings().public_url.as_ref().map_or("", |url| url.base());
    let internal = |error: qrcode::types::QrError| Problem::Internal(error.to_string());
    let code = QrCode::with_error_correction_level(format!("{base}invite?{token}"), EcLevel::M).map_err(internal)?;
    let drawing = code.render::<Color<'_>>().min_dimensions(240, 240).build();
    let mut response = Response::new(200);
    response.set_body(drawing);
    response.set_content_type("image/svg+xml");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    response.insert_header("Content-Security-Policy", "default-src 'none'; sandbox");
    Ok(response)
}
