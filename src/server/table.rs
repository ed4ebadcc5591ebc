//! The connections there are, and which of them goes where there is no room for another.
//!
//! A connection that has a request in flight stays. Any other has the service wait for its client: it is idle, which it
//! also is with half a head, however often a byte of it comes. The one that has been idle for longest goes. So whoever
//! opens many connections, and says nothing on them, ends those of his own first, and a new one is always served.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;

use super::rank::Rank;
use super::stream::StreamHandle;
use crate::clock;
use crate::rate::network;

/// One address has at most this part of the table…
const SHARE: usize = 8;
/// …and at least so many connections.
const LEAST_SHARE: usize = 16;
/// What connections hold for their clients in all: a part of `MemoryMax=` in systemd/invited.service.
const MOST_HELD_BYTES: usize = 96 << 20;
/// So often it is told that an address has its share.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// The connections of a server.
pub(super) struct ConnectionTable(Mutex<TableRows>);

struct TableRows {
    /// Connections that may be served at once.
    most: usize,
    /// Whose connections are those of many.
    trusted: Vec<IpNet>,
    all: HashMap<u64, TableRow>,
    next: u64,
    /// Those that may go, the first one first.
    leaving_order: BTreeSet<(Rank, u64)>,
    /// The same for each client that has only a share.
    clients: HashMap<IpAddr, Client>,
    /// Connections that wait for room.
    waiting: usize,
    /// Connections that were told to go and have not gone yet.
    leaving: usize,
    /// What they hold for their clients.
    held_bytes: usize,
    /// When it was last told that an address has its share.
    warned_at: Option<Instant>,
}

#[derive(Default)]
struct Client {
    /// Connections that were not told to go.
    count: usize,
    leaving_order: BTreeSet<(Rank, u64)>,
}

struct TableRow {
    handle: StreamHandle,
    /// None: of whom there may be any number.
    client: Option<IpAddr>,
    /// None: it has a request in flight.
    rank: Option<Rank>,
    held_bytes: usize,
    is_leaving: bool,
}

impl ConnectionTable {
    pub(super) fn new(most: usize, trusted: &[IpNet]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(TableRows {
            most,
            trusted: trusted.to_vec(),
            all: HashMap::new(),
            next: 0,
            leaving_order: BTreeSet::new(),
            clients: HashMap::new(),
            waiting: 0,
            leaving: 0,
            held_bytes: 0,
            warned_at: None,
        })))
    }

    fn rows(&self) -> MutexGuard<'_, TableRows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another limit, and other proxies. Connections over a lower limit go when others come.
    pub(super) fn change(&self, most: usize, trusted: &[IpNet]) {
        let mut rows = self.rows();
        rows.most = most;
        rows.trusted = trusted.to_vec();
    }

    /// Takes a connection on, and gives its number. None: its address has its share, all with requests in flight.
    pub(super) fn enter(&self, handle: StreamHandle, peer: Option<SocketAddr>) -> Option<u64> {
        let mut rows = self.rows();
        let client = peer.map(|peer| peer.ip().to_canonical());
        let client = client.filter(|client| !rows.trusted.iter().any(|trusted| trusted.contains(client))).map(network);
        if let Some(client) = client {
            let share = rows.most.min(LEAST_SHARE.max(rows.most / SHARE));
            let of_client = rows.clients.entry(client).or_default();
            if of_client.count >= share {
                let first = of_client.leaving_order.first().filter(|(rank, _)| rank.may_go()).map(|(_, id)| *id);
                let Some(first) = first else {
                    rows.warn_of_share(client, share);
                    return None;
                };
                rows.send_away(first);
            }
            rows.clients.entry(client).or_default().count += 1;
        }
        let id = rows.next;
        rows.next += 1;
        rows.all.insert(id, TableRow { handle, client, rank: None, held_bytes: 0, is_leaving: false });
        Some(id)
    }

    /// It has a request in flight: it stays.
    pub(super) fn work(&self, id: u64) {
        self.rows().rank(id, None);
    }

    /// It has no whole request since now.
    pub(super) fn idle(&self, id: u64) {
        let mut rows = self.rows();
        if rows.all.get(&id).is_some_and(|row| !matches!(row.rank, Some(Rank::Idle(_)))) {
            rows.rank(id, Some(Rank::Idle(clock::instant())));
            rows.find_room();
        }
    }

    /// Its client has the service wait with a request under way: from then on it may go.
    pub(super) fn stall(&self, id: u64, from: Instant) {
        let mut rows = self.rows();
        match rows.all.get(&id) {
            // It was sent away when its request had just come.
            Some(row) if row.is_leaving => row.handle.cut_off(),
            _ => rows.rank(id, Some(Rank::Stalled(from))),
        }
    }

    /// Its client gets nothing further.
    pub(super) fn cut_off(&self, id: u64) {
        if let Some(row) = self.rows().all.get(&id) {
            row.handle.cut_off();
        }
    }

    /// It holds so much for its client, more than before.
    pub(super) fn hold(&self, id: u64, bytes: usize) {
        let mut rows = self.rows();
        if let Some(row) = rows.all.get_mut(&id).filter(|row| !row.is_leaving) {
            row.held_bytes += bytes;
            rows.held_bytes += bytes;
        }
        rows.find_memory();
    }

    /// It holds so much less.
    pub(super) fn release(&self, id: u64, bytes: usize) {
        let mut rows = self.rows();
        if let Some(row) = rows.all.get_mut(&id).filter(|row| !row.is_leaving) {
            row.held_bytes -= bytes;
            rows.held_bytes -= bytes;
        }
    }

    /// Whether it was told to go.
    pub(super) fn is_leaving(&self, id: u64) -> bool {
        self.rows().all.get(&id).is_some_and(|row| row.is_leaving)
    }

    /// It has gone.
    pub(super) fn leave(&self, id: u64) {
        self.rows().leave(id);
    }

    /// A connection waits for room until [`Self::has_room`].
    pub(super) fn wait_for_room(&self) {
        let mut rows = self.rows();
        rows.waiting += 1;
        rows.find_room();
    }

    /// A connection that waited has room.
    pub(super) fn has_room(&self) {
        let mut rows = self.rows();
        rows.waiting = rows.waiting.saturating_sub(1);
    }

    /// Looks again whether one may go for those that wait.
    pub(super) fn find_room(&self) {
        self.rows().find_room();
    }

    /// Has the idlest go although there is room: something else is used up.
    pub(super) fn send_idlest_away(&self) {
        self.rows().send_first_away();
    }

    /// Whether a connection waits, and none goes for it.
    pub(super) fn is_crowded(&self) -> bool {
        self.rows().is_crowded()
    }
}

impl TableRows {
    fn is_crowded(&self) -> bool {
        self.waiting > 0 && self.all.len() - self.leaving > self.most
    }

    fn find_room(&mut self) {
        while self.is_crowded() && self.send_first_away() {}
    }

    /// False if every connection has a request in flight.
    fn send_first_away(&mut self) -> bool {
        let first = self.leaving_order.first().filter(|(rank, _)| rank.may_go()).map(|(_, id)| *id);
        first.inspect(|id| self.send_away(*id)).is_some()
    }

    /// Ends a connection under its task, which notices at once, and answers only what is here already.
    fn send_away(&mut self, id: u64) {
        let is_idle = self.all.get(&id).is_some_and(|row| matches!(row.rank, Some(Rank::Idle(_))));
        self.rank(id, None);
        let Some(row) = self.all.get_mut(&id).filter(|row| !row.is_leaving) else { return };
        row.is_leaving = true;
        if is_idle {
            row.handle.end_read();
        } else {
            row.handle.cut_off();
        }
        self.leaving += 1;
        self.held_bytes -= std::mem::take(&mut row.held_bytes);
        if let Some(client) = row.client {
            self.leave_client(client);
        }
    }

    fn warn_of_share(&mut self, client: IpAddr, share: usize) {
        let now = clock::instant();
        if self.warned_at.is_none_or(|warned_at| now.duration_since(warned_at) >= WARN_EVERY) {
            self.warned_at = Some(now);
            tracing::warn!(
                client = %client,
                "one address has {share} requests in flight at once, its share of http.max_connections, and its further \
                 connections are closed; if it is a proxy, name it in trusted_proxies"
            );
        }
    }

    fn leave_client(&mut self, client: IpAddr) {
        if let Some(of_client) = self.clients.get_mut(&client) {
            of_client.count -= 1;
            if of_client.count == 0 {
                self.clients.remove(&client);
            }
        }
    }

    fn leave(&mut self, id: u64) {
        self.rank(id, None);
        let Some(row) = self.all.remove(&id) else { return };
        self.held_bytes -= row.held_bytes;
        if row.is_leaving {
            self.leaving -= 1;
        } else if let Some(client) = row.client {
            self.leave_client(client);
        }
    }

    /// The slowest of those who read goes, until the others hold what they may.
    fn find_memory(&mut self) {
        while self.held_bytes > MOST_HELD_BYTES {
            let holds = |id: &u64| self.all.get(id).is_some_and(|row| row.held_bytes > 0);
            let Some(slowest) = self.leaving_order.iter().map(|(_, id)| *id).find(holds) else { return };
            self.send_away(slowest);
        }
    }

    fn rank(&mut self, id: u64, rank: Option<Rank>) {
        let Some(row) = self.all.get_mut(&id).filter(|row| !row.is_leaving) else { return };
        let before = std::mem::replace(&mut row.rank, rank);
        let client = row.client.and_then(|client| self.clients.get_mut(&client));
        let orders = [Some(&mut self.leaving_order), client.map(|client| &mut client.leaving_order)];
        for order in orders.into_iter().flatten() {
            if let Some(before) = before {
                order.remove(&(before, id));
            }
            if let Some(rank) = rank {
                order.insert((rank, id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use async_io::Async;

    use super::super::stream::ClosingStream;
    use super::*;

    struct Connection {
        table: Arc<ConnectionTable>,
        id: u64,
    }

    impl Drop for Connection {
        fn drop(&mut self) {
            self.table.leave(self.id);
        }
    }

    impl Connection {
        fn enter(table: &Arc<ConnectionTable>, address: &str) -> Option<Self> {
            let (_, ours) = Async::<UnixStream>::pair().unwrap();
            let peer = SocketAddr::new(address.parse().unwrap(), 1);
            let id = table.enter(ClosingStream::new(ours).handle(), Some(peer))?;
            Some(Self { table: Arc::clone(table), id })
        }

        fn idle(table: &Arc<ConnectionTable>, address: &str) -> Self {
            let connection = Self::enter(table, address).unwrap();
            connection.rest();
            connection
        }

        fn rest(&self) {
            self.table.idle(self.id);
        }

        fn work(&self) {
            self.table.work(self.id);
        }

        fn stall(&self, from: Instant) {
            self.table.stall(self.id, from);
        }

        fn is_open(&self) -> bool {
            !self.table.is_leaving(self.id)
        }
    }

    fn open(connections: &[Connection]) -> Vec<bool> {
        connections.iter().map(Connection::is_open).collect()
    }

    fn proxies() -> Vec<IpNet> {
        vec!["10.0.0.0/8".parse().unwrap()]
    }

    #[test]
    fn the_idlest_goes_and_nobody_who_has_a_request_in_flight() {
        let table = ConnectionTable::new(3, &[]);
        let all = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| Connection::idle(&table, address));
        all[0].work();
        table.wait_for_room();
        assert_eq!(open(&all), [true; 3], "there is room");
        let waiting = Connection::enter(&table, "192.0.2.4").unwrap();
        table.find_room();
        assert_eq!(open(&all), [true, false, true]);
        table.find_room();
        assert_eq!(open(&all), [true, false, true], "one goes for one");
        // What is said to one that goes comes too late.
        all[1].work();
        all[1].rest();
        assert_eq!(open(&all), [true, false, true]);
        assert!(!table.is_crowded());
        table.has_room();
        drop(waiting);
    }

    #[test]
    fn where_all_have_requests_in_flight_the_first_that_is_done_goes() {
        let table = ConnectionTable::new(2, &[]);
        let all = ["192.0.2.1", "192.0.2.2"].map(|address| Connection::enter(&table, address).unwrap());
        let _waiting = Connection::enter(&table, "192.0.2.3").unwrap();
        table.wait_for_room();
        assert_eq!(open(&all), [true; 2]);
        assert!(table.is_crowded());
        all[1].rest();
        assert_eq!(open(&all), [true, false]);
        all[0].rest();
        assert_eq!(open(&all), [true, false]);
    }

    #[test]
    fn who_has_the_service_wait_goes_after_the_idle_and_only_when_that_took_long() {
        let table = ConnectionTable::new(3, &[]);
        let all = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| Connection::idle(&table, address));
        let now = clock::instant();
        all[0].stall(now);
        all[1].stall(now + Duration::from_hours(1));
        table.wait_for_room();
        let waiting: Vec<_> = ["192.0.2.4", "192.0.2.5", "192.0.2.6"]
            .map(|address| {
                let waiting = Connection::enter(&table, address).unwrap();
                table.find_room();
                (waiting, open(&all))
            })
            .into();
        let went: Vec<_> = waiting.iter().map(|(_, open)| open.as_slice()).collect();
        assert_eq!(went, [[true, true, false], [false, true, false], [false, true, false]]);
        assert!(waiting.iter().all(|(waiting, _)| waiting.is_open()));
    }

    #[test]
    fn who_reads_most_slowly_goes_when_too_much_is_held_for_readers() {
        const PART: usize = MOST_HELD_BYTES / 4;
        let table = ConnectionTable::new(10, &[]);
        let all: Vec<_> = (0..6).map(|_| Connection::idle(&table, "192.0.2.1")).collect();
        let now = clock::instant();
        for (number, connection) in all.iter().enumerate().take(4) {
            connection.work();
            table.hold(connection.id, PART);
            // The second is the slowest, then the first; the third does not have us wait.
            if number != 2 {
                connection.stall(now + Duration::from_secs([2, 1, 0, 3][number]));
            }
        }
        let hold = |number: usize, bytes| {
            all[number].work();
            table.hold(all[number].id, bytes);
            open(&all)
        };
        assert_eq!(hold(4, 1), [true, false, true, true, true, true]);
        assert_eq!(hold(4, PART - 1), [true, false, true, true, true, true]);
        assert_eq!(hold(5, PART), [false, false, true, true, true, true]);
        // What was sent is not held.
        table.release(all[2].id, PART);
        table.hold(all[5].id, PART);
        assert_eq!(open(&all), [false, false, true, true, true, true]);
        drop(all);
        assert_eq!(table.rows().held_bytes, 0);
    }

    #[test]
    fn an_address_has_its_share_a_proxy_more() {
        let table = ConnectionTable::new(1000, &proxies());
        let first = Connection::idle(&table, "192.0.2.9");
        for (name, addresses, is_limited) in [
            ("IPv4", ["192.0.2.1"; 2], true),
            ("a network of IPv6", ["2001:db8:1:1::1", "2001:db8:1:1:ffff::2"], true),
            ("IPv4 in IPv6", ["::ffff:192.0.2.2", "192.0.2.2"], true),
            ("networks of IPv6", ["2001:db8:1:2::1", "2001:db8:1:3::1"], false),
            ("a proxy", ["10.1.1.1", "::ffff:10.1.1.1"], false),
        ] {
            let addresses = || addresses.into_iter().cycle();
            let mut idle: Vec<_> = addresses().take(130).map(|address| Connection::idle(&table, address)).collect();
            let gone = open(&idle).iter().take_while(|is_open| !**is_open).count();
            assert_eq!(gone, if is_limited { 5 } else { 0 }, "{name}");
            for connection in &idle {
                connection.work();
            }
            let mut more = addresses().map(|address| Connection::enter(&table, address));
            assert_eq!(more.next().unwrap().is_none(), is_limited, "{name}");
            idle.pop();
            assert!(more.next().unwrap().is_some(), "{name}");
        }
        assert!(first.is_open(), "it has less than its share");
        assert_eq!(table.rows().clients.len(), 1, "nobody else is left");
    }

    #[test]
    fn a_small_table_has_shares_of_some_connections() {
        for (most, share) in [(1, 1), (10, 10), (16, 16), (100, 16), (256, 32)] {
            let table = ConnectionTable::new(most, &[]);
            let all: Vec<_> = (0..300).map_while(|_| Connection::enter(&table, "192.0.2.1")).collect();
            assert_eq!(all.len(), share, "{most}");
        }
    }
}
