use std::process::Command;
fn main() { Command::new("pkg-config").arg("--libs").arg("curl").status().unwrap(); }
