//! QR codes in the terminal.

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// Draws `text` with half blocks, dark on light whatever the terminal's colours mean by that.
///
/// # Errors
/// When it is too long for a QR code.
pub(super) fn draw(text: &str) -> anyhow::Result<String> {
    let code = QrCode::new(text)?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}
