//! What a site shows of itself, its logo and its colour, and the drawings of apps and stores: over HTTP, from the real binary.

use crate::common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine as _;
use common::{CONFIG, KEY, Response, Scratch, Served};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 1\"><path d=\"M0 0h4v1H0z\"/></svg>";

fn png() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[0, 255]).unwrap();
    file
}

/// One pixel, without loss.
fn webp() -> Vec<u8> {
    let text = "UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA=";
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// The configuration with `lines` for its host.
fn config(lines: &str) -> String {
    let host = "[hosts.\"example.com\"]\n";
    CONFIG.replace(host, &format!("{host}{lines}\n"))
}

fn get(served: &Served, target: &str) -> Response {
    served.client().ask("GET", target, &["Accept: text/html"])
}

/// What stands between `before` and the next quote.
fn between<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split('"').next().unwrap()
}

/// What `check` says is wrong, with the directory as `DIR`.
fn faults(scratch: &Scratch) -> String {
    let output = scratch.run(&["check"]);
    let stderr = common::beside_no_accounts(&output.stderr);
    assert_eq!(output.status.code(), Some(if stderr.contains("is not valid") { 2 } else { 0 }), "{stderr}");
    stderr.replace(scratch.path().to_str().unwrap(), "DIR")
}

#[test]
fn a_logo_is_on_every_page_and_in_previews_that_can_show_it() {
    for (name, content_type, bytes) in [
        ("logo.svg", "image/svg+xml", SVG.as_bytes().to_vec()),
        ("logo.png", "image/png", png()),
        ("logo.webp", "image/webp", webp()),
    ] {
        let scratch = Scratch::new(&config(&format!("logo_file = \"{name}\"\nsite_name = \"Acme & Sons\"")));
        std::fs::write(scratch.path().join(name), &bytes).unwrap();
        let served = scratch.serve();
        let token = served.client().invite(KEY).token();
        let landing = get(&served, &format!("/invite?{token}")).text();
        let picture = between(&landing, "<img class=\"logo plate\" src=\"").to_owned();
        for target in ["/".to_owned(), format!("/invite/setup/dino?{token}"), "/invite?nobody".to_owned()] {
            let page = get(&served, &target).text();
            // What stands beside it is its text.
            let header = format!(
                "<header class=\"branded\"><p class=\"site\"><img class=\"logo plate\" src=\"{picture}\" alt=\"\" height=\"40\">\
                 <bdi>Acme &#38; Sons</bdi></p></header>"
            );
            assert!(page.contains(&header), "{target}: {page}");
        }
        let answer = get(&served, &picture);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)));
        assert_eq!(answer.body, bytes);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("script"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));

        let preview = between(&landing, "\"og:image\" content=\"https://invite.example.com");
        let shown = get(&served, preview);
        if name == "logo.svg" {
            assert!(preview != picture && shown.body.starts_with(b"\x89PNG"), "{preview}");
        } else {
            assert_eq!((preview, shown.body), (&*picture, bytes));
        }
    }
    // Without one, there is only the name.
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    assert!(get(&served, "/").text().contains("<header><p class=\"site\"><bdi>example.com</bdi></p></header>"));
}

#[test]
fn a_drawing_that_is_made_for_dark_pages_stands_on_nothing() {
    let scratch = Scratch::new(&config("logo_file = \"logo.svg\""));
    let style = "<style>@media (prefers-color-scheme: dark) { path { fill: #fff } }</style>";
    std::fs::write(scratch.path().join("logo.svg"), SVG.replace("<path", &format!("{style}<path"))).unwrap();
    let served = scratch.serve();
    assert!(get(&served, "/").text().contains("<img class=\"logo\" src"));
}

#[test]
fn logos_that_are_none_that_we_would_serve_are_refused() {
    let scratch = Scratch::new("");
    let inside = |inside: &str| SVG.replace("<path", &format!("{inside}<path")).into_bytes();
    for (name, bytes, told) in [
        (
            "logo.svg",
            inside("<script>alert(1)</script>"),
            "DIR/logo.svg has an element script, which a picture must not have",
        ),
        (
            "logo.svg",
            inside("<g onload='alert(1)'/>"),
            "DIR/logo.svg has an attribute onload, which a picture must not have",
        ),
        (
            "logo.svg",
            inside("<foreignObject/>"),
            "DIR/logo.svg has an element foreignObject, which a picture must not have",
        ),
        (
            "logo.svg",
            inside("<image href='https://tracker.example/pixel.png'/>"),
            "DIR/logo.svg refers to \"https://tracker.example/pixel.png\"; a picture must hold all that it shows",
        ),
        (
            "logo.svg",
            [b"<!DOCTYPE svg [<!ENTITY a 'b'>]>".as_slice(), SVG.as_bytes()].concat(),
            "DIR/logo.svg has a document type with declarations; expected none",
        ),
        ("logo.svg", png(), "DIR/logo.svg is no SVG: expected UTF-8"),
        ("logo.png", SVG.into(), "DIR/logo.png is no PNG"),
        ("logo.webp", png(), "DIR/logo.webp is no WebP"),
        ("logo.svg", inside(&format!("<!--{}-->", "x".repeat(64 << 10))), "DIR/logo.svg is larger than 64 KiB"),
        ("logo.jpg", b"\xff\xd8\xff".to_vec(), "expected a file that ends in .svg, .png or .webp"),
    ] {
        scratch.configure(&config(&format!("logo_file = \"{name}\"")));
        std::fs::write(scratch.path().join(name), bytes).unwrap();
        let expected = format!(
            "invited: the configuration is not valid:\n  hosts.\"example.com\".logo_file = \"{name}\" (DIR/config.toml): {told}\n"
        );
        assert_eq!(faults(&scratch), expected);
        // The same for pictures of apps.
        if name != "logo.jpg" {
            let path = scratch.path().join(name);
            scratch.configure(&format!("{CONFIG}[[apps.custom]]\nid = \"a\"\nname = \"A\"\nimage = {path:?}\n"));
            assert!(faults(&scratch).contains(&format!("): \"a\": {told}\n")), "{}", faults(&scratch));
        }
    }
}

#[test]
fn a_logo_is_found_beside_the_file_that_names_it_by_its_path_and_as_a_credential() {
    let scratch = Scratch::new(CONFIG);
    let write = |dir: &str, colour: &str| {
        std::fs::create_dir_all(scratch.path().join(dir)).unwrap();
        let drawing = SVG.replace("<path", &format!("<path fill=\"{colour}\""));
        std::fs::write(scratch.path().join(dir).join("logo.svg"), drawing).unwrap();
    };
    write("", "#010101");
    write("pictures", "#020202");
    write("credentials", "#030303");
    let absolute = scratch.path().join("pictures/logo.svg");
    let credentials = scratch.path().join("credentials").display().to_string();
    let passed = ("CREDENTIALS_DIRECTORY", &*credentials);
    let named = ("INVITED_HOSTS__EXAMPLE.COM__LOGO_FILE", "logo.svg");
    for (file, environment, colour) in [
        ("logo.svg", vec![], "#010101"),
        ("pictures/logo.svg", vec![passed], "#020202"),
        (absolute.to_str().unwrap(), vec![passed], "#020202"),
        ("logo.svg", vec![passed], "#030303"),
        ("", vec![passed, named], "#030303"),
    ] {
        let line = if file.is_empty() { String::new() } else { format!("logo_file = \"{file}\"") };
        scratch.configure(&config(&line));
        let served = scratch.serve_with(&environment);
        let page = get(&served, "/").text();
        let picture = between(&page, "<img class=\"logo plate\" src=\"");
        assert!(get(&served, picture).text().contains(colour), "{file} {environment:?}");
    }
    scratch.configure(CONFIG);
    // There is no place that it could be beside of.
    let output = scratch.command().env(named.0, named.1).arg("check").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("logo_file = \"logo.svg\" ($INVITED_HOSTS__EXAMPLE.COM__LOGO_FILE): expected an absolute path"),
        "{told}"
    );
}

#[test]
fn pages_can_do_without_a_logo_that_cannot_be_read() {
    let scratch = Scratch::new(&config("logo_file = \"gone.svg\""));
    let told = "hosts.\"example.com\".logo_file: pages have no logo: cannot read DIR/gone.svg (No such file or directory (os error 2))";
    assert_eq!(faults(&scratch), format!("note: {told}\n"));
    let served = scratch.serve();
    served.wait_log("pages have no logo: cannot read ");
    assert!(!get(&served, "/").text().contains("<img class=\"logo"));
    // Whoever makes a key or an invite needs none.
    let created = scratch.run(&["invite", "create"]);
    assert!(created.status.success() && !String::from_utf8_lossy(&created.stderr).contains("logo"), "{created:?}");
}

#[test]
fn an_accent_is_a_file_that_changes_its_name_with_the_colour() {
    let scratch = Scratch::new(&config("accent_color = \"#2050A0\""));
    let served = scratch.serve();
    let sheets = || {
        let page = get(&served, "/").text();
        let links: Vec<_> = page.split("<link rel=\"stylesheet\" href=\"").skip(1).collect();
        links.iter().map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = sheets();
    assert!(first.len() == 2 && first[0].contains("/style-") && first[1].contains("/accent-"), "{first:?}");
    let answer = get(&served, &first[1]);
    assert_eq!(answer.header("content-type"), Some("text/css;charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let text = answer.text();
    // Light pages and paper have it as it is; dark ones have another one.
    assert!(
        text.starts_with(
            ":root { --strong: #2050a0; --on-strong: #ffffff; }\n@media screen and (prefers-color-scheme: dark)"
        ),
        "{text}"
    );
    assert_eq!(text.matches("#2050a0").count(), 1, "{text}");
    let token = served.client().invite(KEY).token();
    let preview = || {
        let landing = get(&served, &format!("/invite?{token}")).text();
        let link = between(&landing, "\"og:image\" content=\"https://invite.example.com").to_owned();
        (get(&served, &link).body, link)
    };
    let (drawn, link) = preview();
    // The colour is the first of its palette.
    let palette = drawn.windows(4).position(|part| part == b"PLTE").unwrap();
    assert_eq!(drawn[palette + 4..palette + 7], [0x20, 0x50, 0xa0]);

    let logged = served.log_length();
    scratch.configure(&config("accent_color = \"#7a1f2b\""));
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
    let second = sheets();
    assert!(second[0] == first[0] && second[1] != first[1], "{second:?}");
    assert_eq!(get(&served, &first[1]).status, 404);
    assert!(get(&served, &second[1]).text().contains("--strong: #7a1f2b;"));
    assert_ne!(preview().1, link);
    let logged = served.log_length();
    scratch.configure(CONFIG);
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
    assert_eq!(sheets(), first[..1]);
}

#[test]
fn an_accent_that_is_not_read_is_refused_with_the_nearest_that_is() {
    let scratch = Scratch::new("");
    for wrong in ["", "2050a0", "#25a", "#2050a0ff", "rgb(1, 2, 3)", "#2050a0; } body { display: none"] {
        scratch.configure(&config(&format!("accent_color = \"{wrong}\"")));
        let told = format!(
            "invited: the configuration is not valid:\n  hosts.\"example.com\".accent_color = \"{wrong}\" (DIR/config.toml): \
             expected a colour such as \"#2050a0\"\n"
        );
        assert_eq!(faults(&scratch), told);
    }
    for light in ["#ffffff", "#ffcc00", "#ff0000", "#00ff88", "#9dbcff", "#808080"] {
        scratch.configure(&config(&format!("accent_color = \"{light}\"")));
        let told = faults(&scratch);
        assert!(
            told.contains(&format!(
                "accent_color = \"{light}\" (DIR/config.toml): is too light for text on light pages"
            )),
            "{told}"
        );
        let nearest = between(&told, "the nearest colour that would do is \"").to_owned();
        scratch.configure(&config(&format!("accent_color = \"{nearest}\"")));
        assert_eq!(faults(&scratch), "", "{light}: {nearest}");
    }
}

/// The rows of the page about artwork: the file, below `src/pages/assets`, and the other cells.
fn artwork() -> BTreeMap<String, Vec<String>> {
    let rows = common::docs::page("docs/artwork.md").lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    let rows: Vec<_> = cells.map(|cells| (cells[0].trim_matches('`').to_owned(), cells[1..].to_vec())).collect();
    let table: BTreeMap<_, _> = rows.iter().cloned().collect();
    assert_eq!(table.len(), rows.len(), "a file is there twice");
    table
}

#[test]
fn every_drawing_is_listed_with_its_source_and_licence() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/assets");
    let files = |dir: &str| {
        let entries = std::fs::read_dir(assets.join(dir)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| Path::new(name).extension().is_some_and(|own| own == "svg"))
            .map(|name| format!("{dir}/{name}"))
            .collect::<BTreeSet<_>>()
    };
    let there: BTreeSet<_> = ["apps", "stores"].into_iter().flat_map(files).collect();
    let table = artwork();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), there, "on the left the page, on the right the files");
    for (file, cells) in &table {
        assert!(cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty()), "{file}: {cells:?}");
    }
    // The Debian package says the same.
    let tree = std::fs::read_to_string(assets.join("../../../debian/tree")).unwrap();
    assert!(tree.contains("docs/artwork.md"), "the package's copyright says nothing of the drawings");
}

#[test]
fn each_app_and_each_store_has_its_drawing_where_it_is_shown() {
    let scratch = Scratch::new(&format!(
        "{CONFIG}[[apps.custom]]\nid = \"ours\"\nname = \"Ours\"\nplatforms = [\"Android\"]\ndownload = [\n\
         {{ url = \"https://packages.debian.org/ours\" }}, {{ url = \"https://apps.microsoft.com/detail/ours\" }},\n\
         {{ url = \"https://elsewhere.example/\" }}]\n"
    ));
    let served = scratch.serve();
    let token = served.client().invite(KEY).token();
    let setup = |app: &str| get(&served, &format!("/invite/setup/{app}?{token}")).text();
    let sheet = get(&served, between(&setup("dino"), "<link rel=\"stylesheet\" href=\"")).text();
    // What the sheet shows for a class.
    let drawing = |class: &str| {
        let rule = sheet
            .lines()
            .find(|line| line.starts_with(&format!(".{class} {{ ")))
            .unwrap_or_else(|| panic!("no {class}"));
        let answer =
            get(&served, &format!("/assets/{}", rule.split("url(").nth(1).unwrap().split(')').next().unwrap()));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/svg+xml")), "{class}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        answer.text()
    };
    let own = |class: &str| {
        let (kind, name) = class.split_once('-').unwrap();
        let dir = if kind == "m" { "apps" } else { "stores" };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/pages/assets/{dir}/{name}.svg"));
        std::fs::read_to_string(path).unwrap()
    };
    for app in common::docs::page("docs/artwork.md").lines().filter_map(|line| line.strip_prefix("| `apps/")) {
        let app = app.split(".svg").next().unwrap();
        let class = format!("m-{app}");
        assert_eq!(drawing(&class), own(&class));
        if app != "other" {
            assert!(setup(app).contains(&format!("<span class=\"mark {class}\"></span>")), "{app}: {}", setup(app));
        }
    }
    // Nothing stands there that would be read out.
    let ours = setup("ours");
    assert!(ours.contains("<span class=\"mark m-other c") && !ours.contains(">O<"), "{ours}");
    for (page, stores) in [
        (&setup("conversations"), &["s-google-play", "s-f-droid"][..]),
        (&setup("monal"), &["s-app-store"]),
        (&setup("dino"), &["s-flathub"]),
        (&ours, &["s-debian", "s-microsoft-store"]),
        (&setup("movim"), &[]),
    ] {
        let shown: BTreeSet<_> =
            page.split("<span class=\"store ").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(shown, stores.iter().copied().collect::<BTreeSet<_>>());
        for store in stores {
            assert_eq!(drawing(store), own(store));
        }
    }
}
