//! The flake and its NixOS module, as far as they can be tried without nixpkgs: Nix evaluates them on the stand-ins of
//! `nixos.nix`, and what comes of it is held against the shipped units and the program, and booted.
//!
//! What this cannot show is said in docs/nixos.md.

mod boot;
#[path = "../common/mod.rs"]
mod common;
mod evaluate;
mod flake;
mod module;
mod readme;
mod sandbox;
mod tree;
mod unit;
mod upstream;
mod vm;
