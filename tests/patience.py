"""How long a test waits; the same as in `tests/common/patience.rs`, which says why."""

PATIENCE = 900
