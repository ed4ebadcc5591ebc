//! What stands for an app where its name is.

use super::artwork;
use super::look::Look;
use crate::config::apps::{App, digest};

/// What stands for an app: the admin's picture of it, else a drawing.
pub(super) struct Mark {
    /// The link to the picture.
    pub(super) picture: Option<String>,
    /// What the drawing is called in the style sheet, which loads it where it is seen.
    pub(super) drawing: &'static str,
    /// The number of a colour of the style sheet, below a drawing that has none of its own.
    pub(super) colour: Option<usize>,
}

/// The style sheet has so many.
const COLOURS: usize = 8;

impl Mark {
    pub(super) fn of(app: &App, look: &Look<'_>) -> Self {
        let picture = app.picture.as_ref().map(|picture| look.file(&picture.name));
        // An app of the admin's that stands in for one of ours is another one.
        let drawing = if app.about.is_some() { artwork::app(&app.id) } else { artwork::OTHER };
        let colour = || digest(app.id.as_bytes()).bytes().map(usize::from).sum::<usize>() % COLOURS;
        Self { picture, drawing, colour: (drawing == artwork::OTHER).then(colour) }
    }
}
