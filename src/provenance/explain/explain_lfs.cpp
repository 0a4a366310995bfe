// Git LFS: the blob is a pointer that names the content's SHA-256 and size (git-lfs/docs/spec.md, "The Pointer"). It is one only
// where an attribute says so: of any other file a checkout has the pointer's text, and version control never had the content.
#include <charconv>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

struct Pointer {
  Sha256 sha256;
  std::uint64_t size = 0;
};

constexpr std::uint64_t k_largest_pointer = 1024;  // the specification's bound

std::optional<Pointer> parse_pointer(std::string_view text) {
  const auto lines = split_lines(text);
  if (lines.empty() || lines[0] != "version https://git-lfs.github.com/spec/v1") return std::nullopt;
  std::optional<Sha256> digest;
  std::optional<std::uint64_t> size;
  for (const auto line : lines) {
    constexpr std::string_view k_oid = "oid sha256:";
    constexpr std::string_view k_size = "size ";
    if (line.starts_with(k_oid)) digest = Sha256::from_hex(line.substr(k_oid.size()));
    if (line.starts_with(k_size)) {
      std::uint64_t value = 0;
      const auto* end = line.data() + line.size();
      if (std::from_chars(line.data() + k_size.size(), end, value).ptr == end) size = value;
    }
  }
  if (!digest || !size) return std::nullopt;
  return Pointer{*digest, *size};
}

}  // namespace

std::optional<Explanation> explain_lfs(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified) return std::nullopt;
  const auto& reference = *context.difference.reference;
  const auto& subject = *context.difference.subject;
  if (reference.kind != EntryKind::regular || subject.kind == EntryKind::symlink || !subject.sha256_known)
    return std::nullopt;
  if (!context.reference.attributes().get(reference.path, "filter").is_value("lfs")) return std::nullopt;
  const auto* const blob = context.counterpart();
  if (blob == nullptr || blob->size() > k_largest_pointer) return std::nullopt;
  const auto pointer = parse_pointer(as_text(*blob));
  if (!pointer || pointer->sha256 != subject.digests.sha256 || pointer->size != subject.size) return std::nullopt;
  return make_explanation(Proof::normalized, "lfs",
                          {{"LFS oid", pointer->sha256.hex()}, {"pointer blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
