//! Drawings (SVG) that an admin has us serve: what they must not have. A browser runs and loads nothing in one that a page
//! shows as a picture, and one that is opened by itself is sent with a policy that forbids it; so nothing that is refused
//! here would do harm, but nobody put it there to be seen.

use rxml::error::EndOrError;
use rxml::parser::CommentMode;
use rxml::{Event, Options, Parse as _, Parser, WithOptions as _};

const SVG: &str = "http://www.w3.org/2000/svg";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Elements that run something, or show what is none of SVG.
const REFUSED: [&str; 11] =
    ["script", "foreignobject", "handler", "listener", "iframe", "embed", "object", "audio", "video", "canvas", "link"];
/// Pictures within a drawing: of pixels, as a drawing would have to be looked at, too.
const PIXELS: [&str; 4] = ["data:image/png;", "data:image/jpeg;", "data:image/webp;", "data:image/gif;"];

/// What may stand before a drawing, and how each of them ends.
const BEFORE: [(&str, &str); 3] = [("<?xml ", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">")];

/// Longer than any drawing that is read.
const MAX_TOKEN_BYTES: usize = 128 << 10;

/// Looks at a drawing.
///
/// # Errors
/// When it is none, or has what it must not have; says what.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is no SVG: expected UTF-8")?;
    let text = element_of(text)?;
    let options = Options { max_token_length: MAX_TOKEN_BYTES, comments: CommentMode::Discard, ..Options::default() };
    let (mut parser, mut rest) = (Parser::with_options(options), text.as_bytes());
    // The styles of the sheet that is open, and how deep it stands.
    let (mut depth, mut sheet, mut sheet_depth) = (0_u32, String::new(), 0);
    let mut is_drawing = false;
    loop {
        match parser.parse(&mut rest, true) {
            Ok(Some(Event::StartElement(_, (namespace, name), attributes))) => {
                let (namespace, name): (&str, &str) = (&namespace, &name);
                depth += 1;
                let is_svg = namespace == SVG;
                if depth == 1 && !(is_svg && name == "svg") {
                    return Err(format!("is no SVG: expected an element svg of {SVG}, and not {name}"));
                }
                is_drawing = true;
                let is_refused = REFUSED.iter().any(|refused| name.eq_ignore_ascii_case(refused));
                if is_refused || namespace == XHTML {
                    return Err(format!("has an element {name}, which a picture must not have"));
                }
                for ((namespace, attribute), value) in &attributes {
                    check_attribute(name, namespace.is_empty(), attribute, value)?;
                }
                if is_svg && name == "style" && sheet_depth == 0 {
                    sheet_depth = depth;
                }
            }
            Ok(Some(Event::EndElement(_))) => {
                if depth == sheet_depth {
                    check_style(&sheet)?;
                    (sheet, sheet_depth) = (String::new(), 0);
                }
                depth = depth.saturating_sub(1);
            }
            Ok(Some(Event::Text(_, text))) if sheet_depth > 0 => sheet.push_str(&text),
            Ok(Some(Event::Text(..) | Event::XmlDeclaration(..))) => {}
            Ok(None) if is_drawing => return Ok(()),
            Ok(None) | Err(EndOrError::NeedMoreData) => return Err("is no SVG: it ends too early".into()),
            Err(EndOrError::Error(error)) => return Err(format!("is no SVG that can be read ({error})")),
        }
    }
}

/// The element alone. Before it programs write what kind of document it is, and after it remarks, of which nobody draws
/// anything, and our reader none.
fn element_of(text: &str) -> Result<&str, String> {
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    while let Some((begin, end)) = BEFORE.iter().find(|(begin, _)| rest.starts_with(begin)) {
        let Some((inside, after)) = rest[begin.len()..].split_once(*end) else { break };
        // What would stand there are entities.
        if *end == ">" && inside.contains('[') {
            return Err("has a document type with declarations; expected none".into());
        }
        rest = after.trim_start();
    }
    while let Some((before, _)) = rest.strip_suffix("-->").and_then(|rest| rest.rsplit_once("<!--")) {
        rest = before.trim_end();
    }
    Ok(rest)
}

fn check_attribute(element: &str, is_plain: bool, name: &str, value: &str) -> Result<(), String> {
    let (lower, trimmed) = (name.to_ascii_lowercase(), value.trim());
    if lower.starts_with("on") && is_plain {
        return Err(format!("has an attribute {name}, which a picture must not have"));
    }
    let is_reference = matches!(&*lower, "href" | "src") || (lower == "base" && !is_plain);
    let is_picture = matches!(element, "image" | "feImage") && lower != "base";
    let is_inside = trimmed.starts_with('#') && lower != "base";
    if is_reference && !is_inside && !(is_picture && has_pixels(trimmed)) {
        return Err(outside(trimmed));
    }
    // What an animation would change.
    let target = trimmed.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
    if name == "attributeName" && (target == "href" || target.starts_with("on")) {
        return Err(format!("has an animation of {trimmed}, which a picture must not have"));
    }
    if is_plain { check_style(value) } else { Ok(()) }
}

/// Looks at a style sheet, or at the value of an attribute, any of which may be a style.
fn check_style(style: &str) -> Result<(), String> {
    let lower = style.to_ascii_lowercase();
    let has_functions = lower.contains('(') || lower.contains('{') || lower.contains('@');
    if has_functions && lower.contains('\\') {
        return Err("has a style with an escape (\\), which may hide what it refers to".into());
    }
    for refused in ["@import", "image-set(", "@charset", "@namespace"] {
        if lower.contains(refused) {
            return Err(format!("has a style with {}, which a picture must not have", refused.trim_end_matches('(')));
        }
    }
    for reference in lower.split("url(").skip(1) {
        let reference = reference.trim_start().trim_start_matches(['"', '\'']).trim_start();
        if !reference.starts_with('#') && !has_pixels(reference) && !reference.starts_with("data:font/") {
            return Err(outside(reference.split([')', '"', '\'']).next().unwrap_or_default()));
        }
    }
    Ok(())
}

fn has_pixels(reference: &str) -> bool {
    let lower = reference.get(..20).unwrap_or(reference).to_ascii_lowercase();
    PIXELS.iter().any(|pixels| lower.starts_with(pixels))
}

fn outside(reference: &str) -> String {
    let shown: String = reference.chars().take(60).collect();
    format!("refers to {shown:?}; a picture must hold all that it shows")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(inside: &str) -> String {
        format!("<svg xmlns='{SVG}' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 1 1'>{inside}</svg>")
    }

    #[test]
    fn drawings_as_programs_write_them_are_fine() {
        let pixel = "data:image/png;base64,iVBORw0KGgo=";
        for inside in [
            "",
            "<title>A \\ b (c)</title><path d='M0 0h1'/>",
            "<defs><linearGradient id='a'/></defs><use href='#a' xlink:href=' #a'/><path style='fill:url(#a)' fill='url( \"#a\" )'/>",
            "<style>path { fill: #f00; mask: url('#a') } @media (prefers-color-scheme: dark) { path { fill: red } }</style>",
            "<style><![CDATA[ a > b { fill: red } ]]></style><!-- from <script> -->",
            &format!("<image href='{pixel}'/><filter id='f'><feImage xlink:href='{pixel}'/></filter>"),
            "<animate attributeName='opacity' values='0;1'/>",
            "<style>@font-face { font-family: a; src: url(data:font/woff2;base64,AA==) }</style>",
            "<i:x xmlns:i='http://www.inkscape.org/' i:export='C:\\x(y)'/><metadata><r:RDF xmlns:r='r' r:about='http://a'/></metadata>",
        ] {
            assert_eq!(check(drawing(inside).as_bytes()), Ok(()), "{inside}");
        }
        let old = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- x -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \
                   \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n";
        assert_eq!(check(format!("{old}{}\n<!-- y -->\n", drawing("<g/>")).as_bytes()), Ok(()));
    }

    #[test]
    fn drawings_that_run_something_or_refer_to_elsewhere_are_refused() {
        for (inside, reason) in [
            ("<script>alert(1)</script>", "has an element script, "),
            ("<g><a:SCRIPT xmlns:a='http://www.w3.org/2000/svg'/></g>", "has an element SCRIPT, "),
            ("<foreignObject/>", "has an element foreignObject, "),
            ("<h:p xmlns:h='http://www.w3.org/1999/xhtml'/>", "has an element p, "),
            ("<path onload='x'/>", "has an attribute onload, "),
            ("<path onClick='x'/>", "has an attribute onClick, "),
            ("<use href='other.svg#a'/>", "refers to \"other.svg#a\"; "),
            ("<use xlink:href='https://e.example/x.svg#a'/>", "refers to \"https://e.example/x.svg#a\"; "),
            ("<a href='javascript:alert(1)'/>", "refers to \"javascript:alert(1)\"; "),
            ("<image href='data:image/svg+xml;base64,AA=='/>", "refers to \"data:image/svg+xml;base64,AA==\"; "),
            ("<path href='data:image/png;base64,AA=='/>", "refers to \"data:image/png;"),
            ("<g xml:base='https://e.example/'/>", "refers to \"https://e.example/\"; "),
            ("<g xml:base='#'/>", "refers to \"#\"; "),
            ("<path style='fill:URL(https://e.example/)'/>", "refers to \"https://e.example/\"; "),
            ("<path filter='url( &quot;x.svg#a&quot;)'/>", "refers to \"x.svg#a\"; "),
            ("<style>a{b:url(#c)}d{e:url('//e.example')}</style>", "refers to \"//e.example\"; "),
            ("<style>@im<![CDATA[port]]> 'x'</style>", "has a style with @import, "),
            ("<style>a{b:u\\72l(x)}</style>", "has a style with an escape (\\), "),
            ("<style>a{b:image-set('x' 1x)}</style>", "has a style with image-set, "),
            ("<style>a{b:u<g/>rl(x)}</style>", "refers to \"x\"; "),
            ("<set attributeName='xlink:href' to='#a'/>", "has an animation of xlink:href, "),
            ("<set attributeName='onload' to='a'/>", "has an animation of onload, "),
            ("<g>", "is no SVG that can be read ("),
            ("&x;", "is no SVG that can be read ("),
            ("<?xml-stylesheet href='x'?>", "is no SVG that can be read ("),
        ] {
            let refused = check(drawing(inside).as_bytes()).unwrap_err();
            assert!(refused.starts_with(reason), "{inside}: {refused}");
        }
        for (text, reason) in [
            ("", "is no SVG"),
            ("<svg/>", "is no SVG: expected an element svg of "),
            ("<html xmlns='http://www.w3.org/1999/xhtml'/>", "is no SVG: expected an element svg of "),
            ("\u{89}PNG", "is no SVG"),
            ("<svg xmlns='http://www.w3.org/2000/svg'>", "is no SVG"),
            ("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'/>", "has a document type with "),
        ] {
            let refused = check(text.as_bytes()).unwrap_err();
            assert!(refused.starts_with(reason), "{text}: {refused}");
        }
        assert!(check(b"<svg \xff/>").unwrap_err().starts_with("is no SVG"));
    }
}
