//! Rows of the outbox that are written together, by one statement.

use super::outbox_entry::OutboxEntry;
use crate::ledger::value::OwnedValue;

/// A column each.
#[derive(Default)]
pub(super) struct GatheredOutbox {
    channels: Vec<Option<String>>,
    messages: Vec<Option<String>>,
    topics: Vec<Option<String>>,
    created_at: Vec<Option<i64>>,
    give_up_at: Vec<Option<i64>>,
    bodies: Vec<Option<Vec<u8>>>,
}

impl GatheredOutbox {
    pub(super) fn add(&mut self, entry: &OutboxEntry<'_>) {
        self.channels.push(Some(entry.channel.to_owned()));
        self.messages.push(Some(entry.message.clone()));
        self.topics.push(Some(entry.topic.clone()));
        self.created_at.push(Some(entry.at.as_millisecond()));
        self.give_up_at.push(Some(entry.give_up_at().as_millisecond()));
        self.bodies.push(Some(entry.body.to_vec()));
    }

    /// What writes them, in their order, if there are any.
    pub(super) fn statement(self) -> Option<(&'static str, Vec<OwnedValue>)> {
        const STATEMENT: &str = "INSERT INTO outbox (channel, message, topic, created_at, next_at, give_up_at, body) \
                                 SELECT channel, message, topic, created_at, created_at, give_up_at, body FROM unnest(\
                                 ?1::text[], ?2::text[], ?3::text[], ?4::bigint[], ?5::bigint[], ?6::bytea[]) \
                                 WITH ORDINALITY AS gathered \
                                 (channel, message, topic, created_at, give_up_at, body, place) ORDER BY place";
        if self.channels.is_empty() {
            return None;
        }
        let values = vec![
            OwnedValue::Texts(self.channels),
            OwnedValue::Texts(self.messages),
            OwnedValue::Texts(self.topics),
            OwnedValue::Integers(self.created_at),
            OwnedValue::Integers(self.give_up_at),
            OwnedValue::ByteStrings(self.bodies),
        ];
        Some((STATEMENT, values))
    }
}
