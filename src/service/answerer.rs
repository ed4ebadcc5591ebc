//! Answers what the XMPP servers ask while apps wait at them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_lock::Semaphore;
use futures_lite::FutureExt as _;
use futures_lite::future::poll_once;

use crate::backend::Questions;
use crate::caller::AppState;

/// So many questions are worked on at once; the rest wait in the order in which they came.
const AT_ONCE: usize = 256;

/// Goes on as long as the process lives.
pub(super) async fn run(state: Arc<ArcSwap<AppState>>, questions: Questions) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(question) = questions.next().await {
        let place = places.acquire_arc().await;
        let state = state.load_full();
        let answering = async move {
            state.desk.sign_up.answer(question, state.desk.now()).await;
            drop(place);
        };
        // They are begun here, in the order in which they came: what became of a use is on its way to the ledger before it is asked
        // for again. A panic ends one of them, as in a task of its own.
        let mut answering = Box::pin(AssertUnwindSafe(answering).catch_unwind());
        if poll_once(&mut answering).await.is_none() {
            async_std::task::spawn(answering);
        }
    }
}
