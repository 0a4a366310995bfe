#include "inspect/source/rules.hpp"

#include "inspect/source/source_checks.hpp"

namespace assay::inspect {

const Rule k_python_install_code{"inspect-python-install-code",
                                 Severity::medium,
                                 "Python package runs code of its own when it is built or installed",
                                 "setup.py replaces commands of the installation (cmdclass), or pyproject.toml names a "
                                 "build backend that lies in the package "
                                 "itself (backend-path), on a line that version control does not have. pip runs it on "
                                 "the machine of whoever installs the "
                                 "package.",
                                 "Read the class or module that is named; compare with version control.",
                                 "https://peps.python.org/pep-0517/"};
const Rule k_cargo_build_script{"inspect-cargo-build-script",
                                Severity::medium,
                                "crate runs a program when it is compiled that version control does not have",
                                "build.rs, or the file that Cargo.toml names as `build`, is compiled and run before "
                                "the crate is, with the rights of whoever "
                                "builds it. The programs that it starts are given.",
                                "Read the script; compare with version control.",
                                "https://doc.rust-lang.org/cargo/reference/build-scripts.html"};
const Rule k_environment_gate{"inspect-environment-gate",
                              Severity::medium,
                              "novel lines of a build script ask for several marks of where they are run",
                              "Architecture, system, compiler, linker, a distribution's packaging, whether this is a "
                              "build at all: each alone is everyday "
                              "work of a configure script. Three kinds or more on lines that stand nowhere else are "
                              "how a payload spares whoever would look.",
                              "See what depends on the answers.",
                              "https://www.openwall.com/lists/oss-security/2024/03/29/4"};
const Rule k_lookalike_name{
    "inspect-lookalike-name",
    Severity::low,
    "novel name that differs from another one in nothing but underscores",
    "A novel line of C calls a function whose name is that of another one of the file, or of the compiler, but for its "
    "underscores (`_get_cpuid` for `__get_cpuid`): a reader takes one for the other.",
    "Find out where the function is defined.",
    "https://www.openwall.com/lists/oss-security/2024/03/29/4"};

const Rule k_loader_hook{"inspect-loader-hook",
                         Severity::medium,
                         "source that is not in version control runs code when it is loaded",
                         "An IFUNC resolver, a constructor or a symbol version stands on a novel line: it runs in "
                         "every program that loads the "
                         "library, before main().",
                         "Read the function; compare with version control.",
                         "CVE-2024-3094"};

namespace {
const Rule k_rules[] = {k_python_install_code, k_cargo_build_script, k_environment_gate, k_lookalike_name,
                        k_loader_hook};
constexpr SourceCheck k_checks[] = {check_python_package, check_cargo_package, check_environment_gates,
                                    check_lookalike_names, check_loader_hooks};
}  // namespace

std::span<const Rule> source_rules() noexcept {
  return k_rules;
}
std::span<const SourceCheck> source_checks() noexcept {
  return k_checks;
}

}  // namespace assay::inspect
