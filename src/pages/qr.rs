//! `GET /invite/qr?TOKEN`: a QR code of an invite's link. An image of its own, because it costs more than the page, and
//! readers on the right device never ask for it.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use tide::Response;
use tide::http::headers;

use super::opened::find;
use super::query::token_in;
use crate::caller::Request;
use crate::problem::Problem;

/// The QR code of an invite that is known.
///
/// # Errors
/// When it is not, or the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let token = token_in(&request);
    let invite = find(&request, &token, request.state().desk.now()).await?.ok_or(Problem::NoSuchInvite)?;
    let base = request.state().settings.public_url_of(&invite.draft.host).map_or("", |url| url.base());
    let internal = |error: qrcode::types::QrError| Problem::internal(error);
    let code = QrCode::with_error_correction_level(format!("{base}invite?{token}"), EcLevel::M).map_err(internal)?;
    let mut response = Response::new(200);
    response.set_body(drawing(&code));
    response.set_content_type("image/svg+xml");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    response.insert_header("Content-Security-Policy", "default-src 'none'; sandbox");
    Ok(response)
}

/// The blank margin that readers need (ISO/IEC 18004, 6.3.8), in modules.
const QUIET: usize = 4;

/// Draws it as SVG: one line for each row, on for dark modules and off for light ones.
fn drawing(code: &QrCode) -> String {
    let (width, colours) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colours.chunks(width).enumerate() {
        let _ = write!(path, "M{QUIET} {}.5", y + QUIET);
        for run in row.chunk_by(|one, next| one == next) {
            let _ = match run[0] {
                Color::Dark => write!(path, "h{}", run.len()),
                Color::Light => write!(path, "m{} 0", run.len()),
            };
        }
    }
    let size = width + 2 * QUIET;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path stroke=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_light_and_begins_with_a_corner() {
        let code = QrCode::with_error_correction_level("https://invite.example.com/invite?T", EcLevel::M).unwrap();
        let drawing = drawing(&code);
        // The upper edges of the first and last of the three corners.
        assert!(drawing.contains("d=\"M4 4.5h7m"), "{drawing}");
        assert!(drawing.ends_with("\"/></svg>") && drawing.len() < 4096, "{}", drawing.len());
    }
}
