// Package managers run code of the package on the machine of whoever installs it.

rule npm_install_script_fetches
{
  meta:
    description = "npm runs this script when the package is installed, and it fetches something, starts a shell or evaluates code."
    title = "npm install script that fetches or evaluates"
    severity = "medium"
    reference = "https://docs.npmjs.com/cli/v10/using-npm/scripts"
    remedy = "Read the script; compare with version control."
    scope = "text"
  strings:
    $script = /"(pre|post)?install"[ \t]*:[ \t]*"[^"\n]{0,400}(\bcurl\b|\bwget\b|https?:\/\/|\bnode[ \t]+-(e|p)\b|\b(ba)?sh[ \t]+-c\b|\bpowershell\b|\bbase64\b)/
  condition:
    filename == "package.json" and $script
}

rule python_setup_runs_more
{
  meta:
    description = "setup.py replaces the commands of an installation and fetches from the network or starts other programs in it."
    title = "Python installation that fetches or starts programs"
    severity = "low"
    reference = "https://setuptools.pypa.io/en/latest/userguide/extension.html"
    remedy = "Read what the replaced command does; compare with version control."
    scope = "text"
  strings:
    $class = /\bcmdclass[ \t]*=/
    $fetch = /\b(urlopen|urlretrieve|requests\.(get|post)|http\.client|socket\.socket)[ \t]*\(/
    $decode = /\b(b64decode|marshal\.loads|zlib\.decompress)[ \t]*\(/
  condition:
    filename == "setup.py" and $class and ($fetch or $decode)
}

rule cargo_build_script_fetches
{
  meta:
    description = "build.rs runs when the crate is compiled, and it starts a shell or fetches from the network."
    title = "Cargo build script that fetches or starts a shell"
    severity = "low"
    reference = "https://doc.rust-lang.org/cargo/reference/build-scripts.html"
    remedy = "Read the script; compare with version control."
    scope = "text"
  strings:
    $main = /\bfn[ \t]+main[ \t]*\(/
    $program = /Command::new[ \t]*\([ \t]*"(\/bin\/|\/usr\/bin\/)?(ba|da)?sh"|Command::new[ \t]*\([ \t]*"(curl|wget|powershell|cmd)(\.exe)?"/
    $network = /\b(reqwest|ureq|minreq|attohttpc|TcpStream)::/
  condition:
    filename == "build.rs" and $main and ($program or $network)
}
