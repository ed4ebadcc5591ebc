//! The Prosody adapter against a real Prosody.

#[path = "common/prosody.rs"]
mod prosody;

use std::os::unix::net::UnixStream;

use prosody::{Prosody, Storage};

#[test]
fn the_server_can_be_stopped_and_started_again() {
    for storage in [Storage::Internal, Storage::Sql] {
        let mut prosody = Prosody::with_clients(storage);
        assert!(UnixStream::connect(prosody.socket()).is_ok(), "{}", prosody.log());
        prosody.stop();
        assert!(UnixStream::connect(prosody.socket()).is_err());
        prosody.start_again();
        assert!(UnixStream::connect(prosody.socket()).is_ok());
        prosody.kill();
        assert!(UnixStream::connect(prosody.socket()).is_err());
        prosody.start_again();
        assert!(UnixStream::connect(prosody.socket()).is_ok());
    }
}
