//! Whether a write-ahead log belongs to the ledger that it stands beside.
//!
//! SQLite cannot tell: nothing in a database says which log is its own, and the log of a later state is written into an earlier
//! copy without a word (<https://sqlite.org/howtocorrupt.html>, 1.4). Its change counter does not help: in WAL mode it is the
//! same for all that one connection commits (tried with SQLite 3.40). So the ledger counts its commits, in a row of `meta`:
//! the page with that row is in each of them. What the file alone counts is then, of the log beside it, some commit or the one
//! before the first.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _};
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::files::LedgerFiles;
use crate::ledger::error::OpenError;

/// What the count in `meta` begins with: so it is found in a page.
const MARK: [u8; 8] = *b"invdcmts";

/// What need not be encoded of a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');

/// Counts a commit, in its transaction.
pub(super) fn count_commit(connection: &Connection) -> rusqlite::Result<()> {
    let mut counted = connection.prepare_cached("SELECT value FROM meta WHERE name = 'commits'")?;
    let before: Option<Vec<u8>> = counted.query_row([], |row| row.get(0)).optional()?;
    let count = before.as_deref().and_then(counted_in).unwrap_or_default() + 1;
    let mut write = connection.prepare_cached(
        "INSERT INTO meta (name, value) VALUES ('commits', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?;
    write.execute([[MARK, count.to_be_bytes()].concat()]).map(drop)
}

/// The latest count in some bytes: what was there before may still be in a page, too.
fn counted_in(bytes: &[u8]) -> Option<u64> {
    let count = |place: &[u8]| Some(u64::from_be_bytes(*place.strip_prefix(&MARK)?.first_chunk()?));
    bytes.windows(MARK.len() + 8).filter_map(count).max()
}

/// Refuses a log that is not the ledger's own, before SQLite reads it.
pub(in crate::ledger) fn refuse_foreign_log(ledger: &Path) -> Result<(), OpenError> {
    let files = LedgerFiles::new(ledger);
    let Some(log) = files.log_with_content() else { return Ok(()) };
    // Others may be at work on both. They only count up: so the file is asked before and after the log.
    let Some((page, before)) = count_of_file(ledger) else { return Ok(()) };
    let Ok(Some((first, last))) = File::open(log).and_then(|log| counts_of_log(log, page)) else { return Ok(()) };
    let Some((_, after)) = count_of_file(ledger) else { return Ok(()) };
    if after + 1 < first || before > last {
        return Err(OpenError::ForeignLog { ledger: ledger.display().to_string(), log: log.to_owned() });
    }
    Ok(())
}

/// On which page the file alone, without its log, has its count, and what that is.
fn count_of_file(ledger: &Path) -> Option<(u32, u64)> {
    use std::os::unix::ffi::OsStrExt as _;
    let uri = format!("file:{}?immutable=1", percent_encode(ledger.as_os_str().as_bytes(), PATH));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // What SQLite cannot read it will say itself.
    let connection = Connection::open_with_flags(uri, flags).ok()?;
    let statement = "SELECT rootpage FROM sqlite_schema WHERE name = 'meta' AND type = 'table'";
    let page: u32 = connection.query_row(statement, [], |row| row.get(0)).ok()?;
    let statement = "SELECT value FROM meta WHERE name = 'commits'";
    let value: Option<Vec<u8>> = connection.query_row(statement, [], |row| row.get(0)).optional().ok()?;
    Some((page, value.as_deref().and_then(counted_in).unwrap_or_default()))
}

/// The first and the last count of that page that a log has, of what is committed in it
/// (<https://sqlite.org/fileformat2.html#walformat>).
fn counts_of_log(log: File, page: u32) -> io::Result<Option<(u64, u64)>> {
    let mut log = BufReader::with_capacity(1 << 16, log);
    let mut header = [0; 32];
    if log.read_exact(&mut header).is_err() {
        return Ok(None);
    }
    let number = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).and_then(<[u8]>::first_chunk).map(|four| u32::from_be_bytes(*four))
    };
    let (magic, size) = (number(&header, 0), number(&header, 8).unwrap_or_default());
    let is_big_endian = match magic {
        Some(0x377f_0682) => false,
        Some(0x377f_0683) => true,
        Some(_) | None => return Ok(None),
    };
    let mut sum = checksum((0, 0), &header[..24], is_big_endian);
    if (Some(sum.0), Some(sum.1)) != (number(&header, 24), number(&header, 28)) || !(512..=1 << 16).contains(&size) {
        return Ok(None);
    }
    let (mut counted, mut open) = (None, None);
    let mut frame = vec![0; 24 + size as usize];
    while log.read_exact(&mut frame).is_ok() {
        sum = checksum(checksum(sum, &frame[..8], is_big_endian), &frame[24..], is_big_endian);
        let is_valid =
            frame[8..16] == header[16..24] && (Some(sum.0), Some(sum.1)) == (number(&frame, 16), number(&frame, 20));
        if !is_valid {
            break;
        }
        if number(&frame, 0) == Some(page)
            && let Some(count) = counted_in(&frame[24..])
        {
            open = Some((open.map_or(count, |(first, _)| first), count));
        }
        let is_commit = number(&frame, 4) != Some(0);
        if is_commit && let Some((first, last)) = open.take() {
            counted = Some((counted.map_or(first, |(first, _)| first), last));
        }
    }
    // Whoever begins it anew writes this first. Then what was read was not of one log.
    log.rewind()?;
    let mut again = [0; 32];
    Ok(if log.read_exact(&mut again).is_ok() && again == header { counted } else { None })
}

fn checksum(before: (u32, u32), bytes: &[u8], is_big_endian: bool) -> (u32, u32) {
    let word = |four: &[u8]| {
        let four = four.first_chunk().copied().unwrap_or_default();
        if is_big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    bytes.chunks_exact(8).fold(before, |(one, two), eight| {
        let one = one.wrapping_add(word(&eight[..4])).wrapping_add(two);
        (one, two.wrapping_add(word(&eight[4..])).wrapping_add(one))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sqlite::connection::run;

    /// A ledger with automatic checkpoints, as the service has them, and how it commits.
    struct Scene {
        dir: tempfile::TempDir,
        connection: Connection,
    }

    impl Scene {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let connection = Connection::open(dir.path().join("a ledger?#%.db")).unwrap();
            connection.execute_batch(include_str!("schema.sql")).unwrap();
            connection.pragma_update(None, "journal_mode", "WAL").unwrap();
            Self { dir, connection }
        }

        fn ledger(&self) -> std::path::PathBuf {
            self.dir.path().join("a ledger?#%.db")
        }

        fn commit(&mut self) {
            let work = |connection: &Connection| {
                connection.execute(
                    "INSERT INTO meta VALUES ('x', x'00') ON CONFLICT (name) DO UPDATE SET value = x'01'",
                    [],
                )?;
                Ok(())
            };
            run(&mut self.connection, work).map_err(|(error, _)| error).unwrap();
        }

        /// What is there after a `kill -9`, with another file in the place of the ledger's, or its own.
        fn killed(&self, other: Option<&[u8]>) -> Result<(), OpenError> {
            let dir = tempfile::tempdir().unwrap();
            let ledger = dir.path().join("ledger.db");
            let own = || std::fs::read(self.ledger()).unwrap();
            std::fs::write(&ledger, other.map_or_else(own, <[u8]>::to_vec)).unwrap();
            std::fs::copy(LedgerFiles::log_of(&self.ledger()), LedgerFiles::log_of(&ledger)).unwrap();
            refuse_foreign_log(&ledger)
        }
    }

    /// Every state of the file from any time is tried beside every later log, through many checkpoints.
    #[test]
    fn every_log_is_known_to_be_the_files_own_or_not() {
        let mut scene = Scene::new();
        let mut earlier: Vec<Vec<u8>> = vec![];
        let (mut refused, mut accepted) = (0, 0);
        for round in 0..60 {
            scene.commit();
            scene.killed(None).unwrap();
            let own = std::fs::read(scene.ledger()).unwrap();
            for file in earlier.iter().filter(|file| **file != own) {
                match scene.killed(Some(file)) {
                    Err(OpenError::ForeignLog { .. }) => refused += 1,
                    Err(error) => panic!("{error}"),
                    Ok(()) => {
                        accepted += 1;
                        // Then it is the file that this log began on: what it has not got is all in the log.
                        let last = earlier.last().unwrap();
                        assert!(file == last, "an earlier file is taken for the log's own in round {round}");
                    }
                }
            }
            if earlier.last() != Some(&own) {
                earlier.push(own);
            }
            match round % 7 {
                3 => drop(scene.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))),
                5 => drop(scene.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))),
                _ => {}
            }
        }
        assert!(refused > 200 && earlier.len() > 10, "{refused} refused, {accepted} accepted, {} files", earlier.len());
    }

    #[test]
    fn what_was_written_before_commits_were_counted_is_no_foreign_log() {
        let mut scene = Scene::new();
        scene.connection.execute("INSERT INTO meta VALUES ('y', x'00')", []).unwrap();
        scene.killed(None).unwrap();
        scene.commit();
        scene.killed(None).unwrap();
        let log = std::fs::read(LedgerFiles::log_of(&scene.ledger())).unwrap();
        // A log that was cut in the middle, as a power failure leaves it.
        for length in 0..log.len() / 64 {
            std::fs::write(LedgerFiles::log_of(&scene.ledger()), &log[..length * 64]).unwrap();
            refuse_foreign_log(&scene.ledger()).unwrap();
        }
    }
}
