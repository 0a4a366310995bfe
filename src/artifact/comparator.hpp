// The comparators, most specific first; the last two take anything. To add one: a file comparators/compare_<name>.cpp,
// its declaration here, a line in comparators.cpp.
#pragma once
#include <span>
#include <string_view>

#include "artifact/node.hpp"
#include "artifact/session.hpp"

namespace assay::artifact {

struct Comparator {
  std::string_view name;   ///< as reports call it
  std::string_view thing;  ///< "an ELF file"
  /// Does this content look like the comparator's format? By its own bytes; `name` is for formats without a magic.
  bool (*reads)(const Content& content, std::string_view name);
  /// Compare; false if either side cannot be read as the format after all, with a note why. The node then starts anew with
  /// the next comparator.
  bool (*compare)(Session& session, const Pair& pair, Node& node);
  /// A format that others are written in too (text, bytes): it says nothing about what the thing is.
  bool generic = false;
};

std::span<const Comparator> comparators() noexcept;

/// The first comparator that reads the content; never null, the last one takes anything.
const Comparator* comparator_for(const Content& content, std::string_view name);

bool compare_ar(Session&, const Pair&, Node&);
bool compare_apk(Session&, const Pair&, Node&);
bool compare_binary(Session&, const Pair&, Node&);
bool compare_class(Session&, const Pair&, Node&);
bool compare_compressed(Session&, const Pair&, Node&);
bool compare_cpio(Session&, const Pair&, Node&);
bool compare_elf(Session&, const Pair&, Node&);
bool compare_ext(Session&, const Pair&, Node&);
bool compare_iso(Session&, const Pair&, Node&);
bool compare_json(Session&, const Pair&, Node&);
bool compare_mo(Session&, const Pair&, Node&);
bool compare_pdf(Session&, const Pair&, Node&);
bool compare_png(Session&, const Pair&, Node&);
bool compare_pyc(Session&, const Pair&, Node&);
bool compare_rpm(Session&, const Pair&, Node&);
bool compare_sqlite(Session&, const Pair&, Node&);
bool compare_squashfs(Session&, const Pair&, Node&);
bool compare_tar(Session&, const Pair&, Node&);
bool compare_text(Session&, const Pair&, Node&);
bool compare_toml(Session&, const Pair&, Node&);
bool compare_xml(Session&, const Pair&, Node&);
bool compare_yaml(Session&, const Pair&, Node&);
bool compare_zip(Session&, const Pair&, Node&);

}  // namespace assay::artifact
