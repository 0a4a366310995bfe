// Type by content against name and place; executables above all.
#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

namespace {

Severity severity_of_executable(const Blob& blob) {
  if (blob.in_vcs()) return Severity::low;
  if (blob.unexplained()) return Severity::high;
  return blob.facts.compared ? Severity::low : Severity::medium;
}

void check_executable(const Blob& blob, std::string_view format, BlobSink& sink) {
  // What a place hides and what a stream decodes to is judged as that. Of a package programs are the purpose.
  const bool inside = blob.node.depth > 0;
  if (blob.nature != TreeNature::source || (inside && (blob.node.hidden || blob.node.decoded))) return;
  // A container of programs is what tests of packers and package managers are made of.
  const auto severity = inside && !blob.unexplained() ? Severity::info : severity_of_executable(blob);
  sink.add(BlobRule::executable, blob, inside ? std::min(severity, Severity::medium) : severity,
           fmt::format("is an executable of format {} {} a source tree{}", format, inside ? "in a container of" : "in",
                       blob.test_place ? ", among test data" : ""),
           {{"size", count_of(blob.node.content.size(), "byte")}});
}

/// A zip that Java runs: its packers put the manifest first.
bool is_jar(ByteView content) {
  constexpr std::size_t k_name = 30;
  const auto text = as_text(content);
  return text.starts_with("PK\3\4") && text.size() > k_name && text.substr(k_name).starts_with("META-INF/");
}

/// Names are loose between these: a compressed archive is called either, sources are data to somebody.
bool is_compatible(Family promised, Family found) {
  if (promised == found || found == Family::empty) return true;
  const auto packed = [](Family family) { return family == Family::compressed || family == Family::archive; };
  if (packed(promised) && packed(found)) return true;
  if (promised == Family::media || promised == Family::font || promised == Family::document)
    return found == Family::data;
  return promised == Family::text && found == Family::data;
}

}  // namespace

void check_type(const Blob& blob, BlobSink& sink) {
  const auto& node = blob.node;
  if (node.kind.family == Family::executable) check_executable(blob, node.kind.name, sink);
  else if (is_jar(node.content)) check_executable(blob, "jar", sink);
  else if (node.depth == 0 && as_text(node.content)
                                  .starts_with("\x7F"
                                               "ELF"))
    sink.add(BlobRule::executable, blob, Severity::low,
             "begins with the magic number of ELF, and no ELF header follows: it cannot be executed as one", {});
  if (node.depth > 0 || blob.nature == TreeNature::single_file) return;
  const auto promised = family_of_name(node.top);
  if (promised == Family::data || is_compatible(promised, node.kind.family)) return;
  const bool code = promised != Family::text && (blob.code.is_code || node.kind.family == Family::executable);
  const auto usual = promises_damage(node.top) || blob.in_vcs() ? Severity::info : Severity::low;
  sink.add(
      BlobRule::name_mismatch, blob, code ? Severity::medium : usual,
      fmt::format("is called {}, but its content is {}", to_string(promised), code ? blob.code.what : node.kind.name));
}

}  // namespace assay::inspect
