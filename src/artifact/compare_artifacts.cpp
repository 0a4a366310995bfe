#include "artifact/compare_artifacts.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <future>
#include <system_error>
#include <thread>

#include "artifact/causal_graph.hpp"
#include "artifact/cause.hpp"
#include "artifact/host_tree.hpp"
#include "artifact/session.hpp"
#include "artifact/thing.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_hash_window = 4U << 20;

std::string hash_of(const Content& content) {
  Sha256Stream stream;
  for (std::uint64_t at = 0; at < content.size(); at += k_hash_window) {
    const auto window = content.part(at, k_hash_window);
    stream.update(window.bytes());
    window.release();
  }
  return stream.finish().hex();
}

SubjectInfo subject_of(const fs::path& path) {
  SubjectInfo subject;
  subject.name = path.filename().empty() ? path.parent_path().filename().string() : path.filename().string();
  return subject;
}

Result<fs::file_type> type_of(const fs::path& path) {
  std::error_code problem;
  const auto type = fs::status(path, problem).type();
  if (type == fs::file_type::not_found)
    return Error{ErrorCode::not_found, "there is no such file or directory", escape_for_display(path.string()), {}};
  if (type == fs::file_type::regular || type == fs::file_type::directory) return type;
  return Error{ErrorCode::unsupported, "is neither a file nor a directory", escape_for_display(path.string()),
               "name a file or a directory"};
}

/// When the file was last written, as the file system says; 0 if it does not.
std::int64_t changed_at(const fs::path& file) {
  struct stat facts {};
  return ::stat(file.c_str(), &facts) == 0 ? std::int64_t{facts.st_mtime} : 0;
}

Result<Node> compare_files(Session& session, const CompareRequest& request, Comparison& comparison) {
  ASSAY_TRY(auto a, Content::open(request.before));
  ASSAY_TRY(auto b, Content::open(request.after));
  auto hash_before = std::async(std::launch::async, [&] { return hash_of(a); });
  Pair pair;
  pair.name = comparison.after.name;
  pair.other_name = comparison.before.name;
  pair.a = a;
  pair.b = b;
  auto node = session.compare(pair);
  comparison.after.sha256 = hash_of(b);
  comparison.before.sha256 = hash_before.get();
  comparison.before.size = a.size();
  comparison.after.size = b.size();
  comparison.before.format = thing_of(a, pair.other_name);
  comparison.after.format = thing_of(b, pair.name);
  return node;
}

Node other_kinds(bool first_is_directory) {
  Node node;
  auto change = make_change(Aspect::kind, "", first_is_directory ? "a directory" : "a file",
                            first_is_directory ? "a file" : "a directory");
  node.item.status = ItemStatus::kind_changed;
  node.note(fmt::format("was {} and is {}: not compared further", change.before, change.after));
  node.add(std::move(change));
  node.accounted = true;
  return node;
}

/// To accept a cause is not to accept what may be one.
bool acceptable(const RootCause& cause) {
  return cause.confidence != Confidence::guess;
}

void accept(const CompareRequest& request, Comparison& comparison) {
  for (const auto& id : request.accepted) {
    bool used = false;
    for (auto& cause : comparison.causes)
      if (cause.id == id && acceptable(cause)) cause.accepted = used = true;
    if (!used) comparison.unused_ignores.push_back(id);
  }
}

}  // namespace

bool is_named(std::string_view path, std::string_view wanted) noexcept {
  if (path == wanted) return true;
  if (wanted.empty() || !path.ends_with(wanted)) return false;
  const auto before = path[path.size() - wanted.size() - 1];
  return before == '/' || before == '!';
}

Result<Comparison> compare_artifacts(const CompareRequest& request) {
  Comparison comparison;
  comparison.before = subject_of(request.before);
  comparison.after = subject_of(request.after);
  ASSAY_TRY(const auto type_before, type_of(request.before));
  ASSAY_TRY(const auto type_after, type_of(request.after));
  Session session{request.limits, request.jobs > 0 ? request.jobs : std::max(std::thread::hardware_concurrency(), 1U),
                  request.full_view};
  Node root;
  if (type_before != type_after) {
    root = other_kinds(type_before == fs::file_type::directory);
    comparison.before.format = type_before == fs::file_type::directory ? "a directory" : "a file";
    comparison.after.format = type_after == fs::file_type::directory ? "a directory" : "a file";
  } else if (type_before == fs::file_type::directory) {
    comparison.before.format = comparison.after.format = "a directory";
    ASSAY_TRY(root, compare_directories(session, request.before, request.after));
  } else {
    ASSAY_TRY(root, compare_files(session, request, comparison));
  }
  comparison.equal = root.empty();
  comparison.coverage = session.take_coverage();
  comparison.compared_items = session.pairs();
  auto dates = session.dates();
  if (type_before == fs::file_type::regular) dates.file_before = changed_at(request.before);
  if (type_after == fs::file_type::regular) dates.file_after = changed_at(request.after);
  explain(std::move(root), session.derived(), dates, comparison);
  accept(request, comparison);
  return comparison;
}

std::vector<CauseInfo> known_causes() {
  std::vector<CauseInfo> list;
  for (const auto& cause : causes()) list.push_back({cause.id, cause.title, cause.remedy});
  return list;
}

}  // namespace assay::artifact
