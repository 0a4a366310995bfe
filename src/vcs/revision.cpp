#include "vcs/revision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "vcs/commit_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_max_object = 64ULL << 20;
constexpr std::uint64_t k_max_tag = 1ULL << 20;
constexpr int k_most_tags = 64;          ///< of tags of tags
constexpr std::size_t k_min_digits = 4;  ///< git's MINIMUM_ABBREV

Error no_commit(std::string_view revision) {
  return {ErrorCode::usage,
          fmt::format("the revision \"{}\" does not name a commit", escape_for_display(revision)),
          {},
          "name a tag, a branch or a commit"};
}

Error unknown(std::string_view revision) {
  return {ErrorCode::not_found, fmt::format("there is no revision \"{}\"", escape_for_display(revision)), {}, {}};
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

class Resolver {
 public:
  Resolver(const ObjectStore& objects, const StoredRefs& refs, GitHash hash, std::string_view revision)
      : m_objects(objects), m_refs(refs), m_hash(hash), m_revision(revision) {}

  Result<GitOid> run() {
    const auto contains = [&](std::string_view part) { return m_revision.find(part) != std::string_view::npos; };
    if (contains("@{") || contains("^{/") || m_revision.starts_with(":/")) {
      ASSAY_TRY(const auto id, m_objects.resolve_special(m_revision));
      return commit_at(id);
    }
    if (contains(":")) return no_commit(m_revision);  // a file of a commit, or of the index
    const auto name = m_revision.substr(0, m_revision.find_first_of("^~"));
    ASSAY_TRY(auto id, named(name));
    for (auto rest = m_revision.substr(name.size()); !rest.empty();) {
      ASSAY_TRY(id, step(id, rest));
    }
    return commit_at(id);
  }

 private:
  Result<GitOid> named(std::string_view name) {
    if (name == "@") name = "HEAD";
    const std::size_t all_digits = m_hash == GitHash::sha1 ? 40 : 64;
    if (name.size() == all_digits && is_hex(name)) return *GitOid::from_hex(name);
    for (const std::string_view place : {"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"})
      if (const auto id = m_refs.target(std::string{place} += name)) return led_to(*id);
    if (const auto id = m_refs.target(fmt::format("refs/remotes/{}/HEAD", name))) return led_to(*id);
    if (const auto described = name.rfind("-g"); described != std::string_view::npos && described > 0)
      if (const auto digits = name.substr(described + 2); digits.size() >= k_min_digits && is_hex(digits))
        return abbreviated(digits, all_digits);
    if (name.size() >= k_min_digits && name.size() < all_digits && is_hex(name)) return abbreviated(name, all_digits);
    return unknown(m_revision);
  }

  /// The ref is there, whatever becomes of the object.
  Result<GitOid> led_to(const GitOid& id) const {
    const auto header = m_objects.header(id);
    if (!header && header.error().code == ErrorCode::not_found) return lacking();
    return id;
  }

  Result<GitOid> abbreviated(std::string_view digits, std::size_t all_digits) const {
    if (digits.size() > all_digits) return unknown(m_revision);
    const auto prefix = GitOid::from_hex(std::string{digits}.append(all_digits - digits.size(), '0'));
    const auto found = m_objects.matching(*prefix, digits.size());
    if (found.count == PrefixMatch::Count::one) return found.id;
    if (found.count == PrefixMatch::Count::none) return unknown(m_revision);
    return Error{ErrorCode::usage,
                 fmt::format("the revision \"{}\" is ambiguous", escape_for_display(m_revision)),
                 {},
                 "give more digits"};
  }

  /// One of the steps behind a name, taken off `rest`.
  Result<GitOid> step(const GitOid& id, std::string_view& rest) const {
    const char kind = rest.front();
    rest.remove_prefix(1);
    if (kind == '^' && rest.starts_with('{')) return peel(id, rest);
    std::size_t count = 1;
    if (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
      if (problem != std::errc{}) return unknown(m_revision);
      rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    }
    if (kind != '^' && kind != '~') return unknown(m_revision);
    ASSAY_TRY(auto commit, commit_at(id));
    if (kind == '^') return count == 0 ? Result<GitOid>{commit} : parent(commit, count);
    for (; count > 0; --count) {
      ASSAY_TRY(commit, parent(commit, 1));
    }
    return commit;
  }

  Result<GitOid> peel(const GitOid& id, std::string_view& rest) const {
    const auto end = rest.find('}');
    if (end == std::string_view::npos) return unknown(m_revision);
    const auto type = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (type == "object" || type == "tag") {
      ASSAY_TRY(const auto header, m_objects.header(id));
      return type == "tag" && header.type != ObjectType::tag ? Result<GitOid>{no_commit(m_revision)} : id;
    }
    if (type.empty() || type == "commit") return commit_at(id);
    return type == "tree" || type == "blob" ? no_commit(m_revision) : unknown(m_revision);
  }

  Result<GitOid> parent(const GitOid& id, std::size_t number) const {
    ASSAY_TRY(const auto object, m_objects.read(id, ObjectType::commit, k_max_object));
    const auto commit = parse_commit(id, object.bytes());
    if (!commit) return damaged(id);
    return number <= commit->parents.size() ? Result<GitOid>{commit->parents[number - 1]} : unknown(m_revision);
  }

  /// The commit, with what the user wrote for the place of an error.
  Result<GitOid> commit_at(const GitOid& id) const {
    auto commit = peel_to_commit(m_objects, id);
    if (commit) return commit;
    if (commit.error().code == ErrorCode::usage) return no_commit(m_revision);
    // An id that was written out and that nothing has is just unknown.
    const bool written = m_revision.starts_with(id.hex());
    if (commit.error().code == ErrorCode::not_found && written) return unknown(m_revision);
    return commit.error().code == ErrorCode::not_found ? lacking() : commit.error();
  }

  Error lacking() const {
    return {
        ErrorCode::not_found, "the repository lacks the commit that this leads to", escape_for_display(m_revision), {}};
  }

  static Error damaged(const GitOid& id) {
    return {ErrorCode::format, "the commit is damaged", fmt::format("commit {}", id.hex()),
            "see what `git fsck` says of the repository"};
  }

  const ObjectStore& m_objects;
  const StoredRefs& m_refs;
  GitHash m_hash;
  std::string_view m_revision;
};

}  // namespace

Result<GitOid> resolve_revision(const ObjectStore& objects, const StoredRefs& refs, GitHash hash,
                                std::string_view revision) {
  return Resolver{objects, refs, hash, revision}.run();
}

Result<GitOid> peel_to_commit(const ObjectStore& objects, GitOid id) {
  for (int i = 0; i < k_most_tags; ++i) {
    ASSAY_TRY(const auto header, objects.header(id));
    if (header.type == ObjectType::commit) return id;
    if (header.type != ObjectType::tag) return no_commit(id.hex());
    ASSAY_TRY(const auto tag, objects.read(id, ObjectType::tag, k_max_tag));
    const auto target = parse_tag(id.hash, tag.bytes());
    if (!target)
      return Error{ErrorCode::format, "the tag is damaged", fmt::format("tag {}", id.hex()),
                   "see what `git fsck` says of the repository"};
    id = target->object;
  }
  return no_commit(id.hex());
}

}  // namespace assay::vcs
