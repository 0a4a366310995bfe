use std::process::Command;
fn main() { Command::new("curl").arg("https://example.org/x").status().unwrap(); }
