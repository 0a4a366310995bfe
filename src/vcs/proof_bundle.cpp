#include "vcs/proof_bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::string_view k_magic = "assay proof bundle 1\n";
constexpr std::size_t k_most_fields = 4'000'000;
constexpr std::size_t k_most_files = 2'000'000;
constexpr std::size_t k_deepest = 256;
constexpr std::size_t k_longest_path = 4096;
constexpr std::uint64_t k_most_path_bytes = 1ULL << 30;
constexpr std::uint64_t k_largest_object = 64ULL << 20;

Error broken(std::string message) {
  return Error{ErrorCode::format, std::move(message), "proof bundle", "get the bundle anew from whoever made it"};
}

/// The tree that a commit object names in its first line.
std::optional<GitOid> tree_of(GitHash hash, std::string_view commit) {
  constexpr std::string_view key = "tree ";
  const auto line = commit.substr(0, commit.find('\n'));
  const auto id =
      line.size() < commit.size() && line.starts_with(key) ? GitOid::from_hex(line.substr(key.size())) : std::nullopt;
  return id && id->hash == hash ? id : std::nullopt;
}

class Netstrings {
 public:
  explicit Netstrings(std::string_view text) : m_rest(text) {}
  bool at_end() const noexcept { return m_rest.empty(); }
  std::optional<std::string_view> next() {
    std::size_t size = 0;
    const auto* begin = m_rest.data();
    const auto [end, problem] = std::from_chars(begin, begin + std::min<std::size_t>(m_rest.size(), 12), size);
    const auto digits = static_cast<std::size_t>(end - begin);
    if (problem != std::errc{} || m_rest.size() < digits + 2 || size > m_rest.size() - digits - 2) return std::nullopt;
    if (m_rest[digits] != ':' || m_rest[digits + 1 + size] != ',') return std::nullopt;
    const auto field = m_rest.substr(digits + 1, size);
    m_rest.remove_prefix(digits + size + 2);
    return field;
  }

 private:
  std::string_view m_rest;
};

/// Collects objects, each once.
class Collector {
 public:
  Collector(const Repository& repository, ProofBundle& bundle) : m_repository(repository), m_bundle(bundle) {}

  Result<void> run() {
    const auto commit = GitOid::from_hex(m_bundle.commit);
    if (!commit)
      return Error{ErrorCode::usage,
                   "a proof needs a commit, and this reference has none",
                   {},
                   "give a revision: --vcs REPO@REV"};
    ASSAY_TRY(const auto object, take(*commit, ObjectType::commit));
    const auto root = tree_of(commit->hash, object);
    if (!root) return broken("the commit names no tree");
    for (const auto& tag : m_repository.tags())
      if (tag.commit == *commit && tag.annotated) {
        ASSAY_TRY_VOID(drop(take(tag.object, ObjectType::tag)));
      }
    for (const auto& path : m_bundle.identical) {
      ASSAY_TRY_VOID(follow(*root, m_bundle.reference_subdir.empty() ? path : m_bundle.reference_subdir + "/" + path));
    }
    return {};
  }

 private:
  static Result<void> drop(Result<std::string> result) {
    if (!result) return result.error();
    return {};
  }

  Result<std::string> take(const GitOid& id, ObjectType type) {
    if (const auto have = m_taken.find(id); have != m_taken.end()) return m_bundle.objects[have->second].content;
    ASSAY_TRY(const auto object, m_repository.read(id, type, k_largest_object));
    m_taken.emplace(id, m_bundle.objects.size());
    m_bundle.objects.push_back({type, std::string{as_text(object.bytes())}});
    return m_bundle.objects.back().content;
  }

  /// Take the trees from `tree` down to the directory of `path`. Those of a submodule are another commit's, and stay out.
  Result<void> follow(GitOid tree, std::string_view path) {
    if (!m_directories.insert(std::string{path_dirname(path)}).second) return {};
    while (true) {
      ASSAY_TRY(const auto trees, trees_in(tree));
      const auto slash = path.find('/');
      if (slash == std::string_view::npos) return {};
      const auto next = trees->find(path.substr(0, slash));
      path.remove_prefix(slash + 1);
      if (next == trees->end()) return {};
      tree = next->second;
    }
  }

  using TreesByName = std::map<std::string, GitOid, std::less<>>;

  /// The trees in a tree, which is taken with it.
  Result<const TreesByName*> trees_in(const GitOid& tree) {
    const auto [slot, fresh] = m_trees.try_emplace(tree);
    if (fresh) {
      ASSAY_TRY(const auto content, take(tree, ObjectType::tree));
      TreeCursor cursor{as_bytes(content), tree.hash};
      while (const auto entry = cursor.next())
        if (entry->is_tree()) slot->second.insert_or_assign(std::string{entry->name}, oid_from(entry->id));
    }
    return &slot->second;
  }

  const Repository& m_repository;
  ProofBundle& m_bundle;
  std::unordered_map<GitOid, std::size_t> m_taken;
  std::unordered_map<GitOid, TreesByName> m_trees;
  std::set<std::string> m_directories;
};

/// Walks the trees of a bundle. A tree that is not in it proves nothing and is passed by; one that is has to be well formed.
class Walker {
 public:
  Walker(const ProofBundle& bundle, GitHash hash) {
    for (const auto& object : bundle.objects)
      m_objects.emplace(object_id(hash, object.type, as_bytes(object.content)), &object);
  }
  const ProofObject* find(const GitOid& id, ObjectType type) const {
    const auto found = m_objects.find(id);
    return found != m_objects.end() && found->second->type == type ? found->second : nullptr;
  }

  Result<void> walk(const GitOid& id, const std::string& prefix, std::size_t depth) {
    const auto* tree = find(id, ObjectType::tree);
    if (tree == nullptr) return {};
    if (depth > k_deepest) return broken("its trees are nested too deeply");
    const auto parsed = parse_tree(as_bytes(tree->content), id.hash);
    if (parsed.defects > 0) return broken("a tree object is malformed: " + parsed.first_defect);
    for (const auto& entry : parsed.entries) {
      if (prefix.size() + entry.name.size() > k_longest_path) return broken("its paths are too long");
      auto path = prefix + std::string{entry.name};
      if (entry.is_tree()) {
        ASSAY_TRY_VOID(walk(oid_from(entry.id), path + "/", depth + 1));
      } else if (!entry.is_submodule()) {
        m_path_bytes += path.size();
        files.emplace(std::move(path), ProvenFile{oid_from(entry.id), entry.mode});
        // One tree object can stand in many places: a small bundle must not unfold into a large one.
        if (files.size() > k_most_files) return broken("it unfolds into more than two million files");
        if (m_path_bytes > k_most_path_bytes) return broken("it unfolds into more than a gigabyte of paths");
      }
    }
    if (++m_steps > k_most_files) return broken("it unfolds into more than two million directories");
    return {};
  }

  std::map<std::string, ProvenFile, std::less<>> files;

 private:
  std::unordered_map<GitOid, const ProofObject*> m_objects;
  std::size_t m_steps = 0;
  std::uint64_t m_path_bytes = 0;
};

}  // namespace

std::string ProofBundle::serialise() const {
  std::string out{k_magic};
  const auto put = [&](std::string_view field) { out += fmt::format("{}:{},", field.size(), field); };
  for (const auto& field : {commit, subject_name, subject_sha256, subject_prefix, reference_subdir}) put(field);
  put(std::to_string(identical.size()));
  for (const auto& path : identical) put(path);
  for (const auto& object : objects) {
    put(to_string(object.type));
    put(object.content);
  }
  return out;
}

Result<ProofBundle> ProofBundle::parse(ByteView bytes) {
  const auto text = as_text(bytes);
  if (!text.starts_with(k_magic)) return broken("this is no proof bundle");
  Netstrings fields{text.substr(k_magic.size())};
  ProofBundle bundle;
  for (auto* field : {&bundle.commit, &bundle.subject_name, &bundle.subject_sha256, &bundle.subject_prefix,
                      &bundle.reference_subdir}) {
    const auto value = fields.next();
    if (!value) return broken("it is cut short or damaged");
    *field = *value;
  }
  const auto count_text = fields.next();
  std::size_t count = 0;
  if (!count_text ||
      std::from_chars(count_text->data(), count_text->data() + count_text->size(), count).ec != std::errc{} ||
      count > k_most_fields)
    return broken("its list of files has no length");
  for (std::size_t i = 0; i < count; ++i) {
    const auto path = fields.next();
    if (!path) return broken("its list of files is cut short");
    bundle.identical.emplace_back(*path);
  }
  while (!fields.at_end()) {
    const auto type = fields.next();
    const auto content = type ? fields.next() : std::nullopt;
    if (!content) return broken("an object is cut short");
    const auto known = object_type(*type);
    if (!known || *known == ObjectType::blob) return broken("it holds an object that proves nothing");
    bundle.objects.push_back({*known, std::string{*content}});
    if (bundle.objects.size() > k_most_fields) return broken("it holds too many objects");
  }
  return bundle;
}

Result<void> add_proof_objects(const Repository& repository, ProofBundle& bundle) {
  return Collector{repository, bundle}.run();
}

Result<std::map<std::string, ProvenFile, std::less<>>> proven_files(const ProofBundle& bundle,
                                                                    std::string_view commit) {
  const auto id = GitOid::from_hex(commit);
  if (!id)
    return Error{ErrorCode::usage,
                 fmt::format("'{}' is no commit id", escape_for_display(commit)),
                 {},
                 "give all hexadecimal digits, 40 or 64: a shorter one proves nothing"};
  Walker walker{bundle, id->hash};
  const auto* object = walker.find(*id, ObjectType::commit);
  const auto root = object != nullptr ? tree_of(id->hash, object->content) : std::nullopt;
  Result<void> walked =
      object == nullptr ? broken(fmt::format("it holds no commit object with the id {}", escape_for_display(commit)))
      : !root           ? broken("the commit object names no tree")
      : walker.find(*root, ObjectType::tree) == nullptr ? broken("the tree that the commit names is not in it")
                                                        : walker.walk(*root, {}, 0);
  if (!walked) return walked.error();
  return std::move(walker.files);
}

}  // namespace assay::vcs
