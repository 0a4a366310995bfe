// What a Python project requires, as its pyproject.toml (PEP 621), setup.cfg or setup.py (setuptools' declarative and keyword forms)
// declare it and as its metadata lists it (core metadata, "Requires-Dist"; setuptools' requires.txt), in forms that can be compared.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace assay::provenance {

/// "My_Pkg[tls] (<2, >=1.0); python_version < '3.9'" as "my-pkg+tls|<2|>=1.0": a requirement as PEP 508 compares them, its
/// marker aside, which setuptools writes elsewhere.
std::string requirement_key(std::string_view text);

/// What is required whatever extras are asked for: requirements, each with its marker, and the versions of Python.
struct Requirements {
  std::set<std::string> packages;
  std::string python;

  bool operator==(const Requirements&) const = default;
};

/// Of the text of a pyproject.toml; nothing if it leaves the list to code that is run (`dynamic`), or has no [project].
std::optional<Requirements> declared_requirements(std::string_view pyproject);

/// Of the texts of a setup.cfg and a setup.py, where one of them spells the list out, for setuptools; nothing where code makes it, or
/// `pyproject` names another builder.
std::optional<Requirements> spelled_requirements(std::string_view pyproject, std::string_view setup_cfg,
                                                 std::string_view setup_py);

/// A name as PEP 503 compares them: "My_Pkg" is "my-pkg".
std::string project_name_key(std::string_view name);

/// What the project is called by its settings, as project_name_key() has it; empty if that is left to code, or they do not agree.
std::string declared_name(std::string_view pyproject, std::string_view setup_cfg, std::string_view setup_py);

/// The extras that the project has by its settings, as project_name_key() has names; nothing where code makes them.
std::optional<std::set<std::string>> declared_extras(std::string_view pyproject, std::string_view setup_cfg,
                                                     std::string_view setup_py);

/// Add the value of one Requires-Dist field; those of extras are passed by.
void add_requirement(std::string_view field, Requirements& requirements);

/// What setuptools' requires.txt lists without an extra.
Requirements listed_requirements(std::string_view requires_txt);

/// A specifier of versions without what does not count: blanks and order.
std::string version_specifier_key(std::string_view text);

}  // namespace assay::provenance
