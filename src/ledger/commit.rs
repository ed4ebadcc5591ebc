//! Group commit: one thread, one transaction for everything that waits, one fsync, then all the answers.

use std::sync::Arc;

use async_channel::Receiver;
use futures_channel::oneshot::Sender;
use jiff::Timestamp;

use super::sqlite::{Swept, Transaction, Writer};
use super::{Health, LedgerError, Terms};
use crate::invite::{Draft, Invite, InviteId};

/// Where the answer goes.
pub(super) type Reply<T> = Sender<Result<T, LedgerError>>;

/// Something to be written.
pub(super) enum Job {
    Create { drafts: Vec<Draft>, terms: Option<Terms>, reply: Reply<Vec<Invite>> },
    Revoke { ids: Vec<InviteId>, now: Timestamp, reply: Reply<Vec<Invite>> },
    Sweep { ended_before: Timestamp, after: Option<InviteId>, reply: Reply<Swept> },
    Probe { reply: Reply<()> },
    Turn { reply: Reply<()> },
}

/// A job that is done but for the commit: what to answer when it is durable.
enum Done {
    Invites(Reply<Vec<Invite>>, Result<Vec<Invite>, LedgerError>),
    Swept(Reply<Swept>, Swept),
    Nothing(Reply<()>),
}

impl Done {
    /// Answers; a caller that has gone away is no loss, what it asked for is in the ledger.
    fn answer(self, committed: Result<(), LedgerError>) {
        match self {
            Self::Invites(reply, result) => drop(reply.send(committed.and(result))),
            Self::Swept(reply, swept) => drop(reply.send(committed.map(|()| swept))),
            Self::Nothing(reply) => drop(reply.send(committed)),
        }
    }
}

/// The most that is committed together: bounds how long the first of them waits.
const MAX_BATCH: usize = 512;

/// Writes jobs until the queue is closed and empty.
pub(super) fn run(mut writer: Writer, queue: &Receiver<Job>, health: &Health) {
    let mut batch = Vec::new();
    while let Ok(first) = queue.recv_blocking() {
        take_on(first, &mut batch);
        while batch.len() < MAX_BATCH
            && let Ok(job) = queue.try_recv()
        {
            take_on(job, &mut batch);
        }
        if !batch.is_empty() {
            commit(&mut writer, &mut batch, health);
        }
    }
    writer.close();
}

/// Whoever only asks for a sign of life gets it without a transaction.
fn take_on(job: Job, batch: &mut Vec<Job>) {
    match job {
        Job::Turn { reply } => drop(reply.send(Ok(()))),
        job => batch.push(job),
    }
}

fn commit(writer: &mut Writer, batch: &mut Vec<Job>, health: &Health) {
    let mut done = Vec::with_capacity(batch.len());
    let mut batch = batch.drain(..);
    let committed = writer.transaction(|transaction| {
        batch.by_ref().try_for_each(|job| {
            let (job, result) = apply(transaction, job);
            done.push(job);
            result
        })
    });
    tell(health, committed.as_ref().err());
    for job in done {
        job.answer(committed.clone());
    }
    // Whatever the transaction did not get to, it did not do.
    if let Err(error) = committed {
        batch.for_each(|job| refuse(job, &error));
    }
}

/// Says when the ledger becomes unavailable, and when it has healed.
fn tell(health: &Health, trouble: Option<&LedgerError>) {
    let before = health.load();
    match (before.as_deref(), trouble) {
        (None, None) => {}
        (Some(_), None) => {
            log::info!("the ledger can be written again");
            health.store(None);
        }
        (before, Some(trouble)) => {
            if before != Some(trouble) {
                log::error!("error":% = trouble; "invites cannot be made; make room or mend the disk");
            }
            health.store(Some(Arc::new(trouble.clone())));
        }
    }
}

/// Does one job. An `Err` fails the whole transaction, and then every answer is that; a refusal is part of the answer.
fn apply(transaction: &mut Transaction<'_>, job: Job) -> (Done, rusqlite::Result<()>) {
    match job {
        Job::Create { drafts, terms, reply } => match transaction.create(drafts, terms.as_ref()) {
            Ok(result) => (Done::Invites(reply, result), Ok(())),
            Err(error) => (Done::Invites(reply, Ok(vec![])), Err(error)),
        },
        Job::Revoke { ids, now, reply } => match transaction.revoke(&ids, now) {
            Ok(revoked) => (Done::Invites(reply, Ok(revoked)), Ok(())),
            Err(error) => (Done::Invites(reply, Ok(vec![])), Err(error)),
        },
        Job::Sweep { ended_before, after, reply } => match transaction.sweep(ended_before, after) {
            Ok(swept) => (Done::Swept(reply, swept), Ok(())),
            Err(error) => (Done::Swept(reply, Swept { dropped: 0, next: None }), Err(error)),
        },
        Job::Probe { reply } => (Done::Nothing(reply), transaction.probe()),
        Job::Turn { reply } => (Done::Nothing(reply), Ok(())),
    }
}

fn refuse(job: Job, error: &LedgerError) {
    let error = error.clone();
    match job {
        Job::Create { reply, .. } | Job::Revoke { reply, .. } => drop(reply.send(Err(error))),
        Job::Sweep { reply, .. } => drop(reply.send(Err(error))),
        Job::Probe { reply } | Job::Turn { reply } => drop(reply.send(Err(error))),
    }
}
