#include "rebuild/artifact_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "archive/reader.hpp"
#include "base/text.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

bool stays_inside(std::string_view path) {
  if (path.empty() || path.starts_with('/') || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

class Extraction final : public archive::EntryVisitor {
 public:
  explicit Extraction(fs::path directory) : m_directory(std::move(directory)) {}

  void begin(const TreeEntry& entry) override {
    m_file.reset();
    if (entry.kind != EntryKind::regular || m_problem) return;
    const auto path = m_directory / entry.path;
    if (!stays_inside(entry.path))
      return fail(Error{
          ErrorCode::format, "an artifact's name leads out of its directory", escape_for_display(entry.path), {}});
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    // Nothing here was made by anyone but this loop: O_EXCL and O_NOFOLLOW keep it so.
    m_file = UniqueFd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)};
    if (!m_file) fail(errno_error("write", escape_for_display(path.string())));
  }
  void data(ByteView piece) override {
    while (m_file && !piece.empty()) {
      const auto written = ::write(m_file.get(), piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return fail(errno_error("write", escape_for_display(m_directory.string())));
      piece = piece.subspan(static_cast<std::size_t>(written));
    }
  }
  void end(const TreeEntry& entry) override {
    if (!m_file) return;
    m_file.reset();
    artifacts.push_back({entry.path, m_directory / entry.path, entry.digests.sha256.hex(), entry.size});
  }
  const std::optional<Error>& problem() const noexcept { return m_problem; }

  std::vector<BuiltArtifact> artifacts;

 private:
  void fail(Error error) {
    if (!m_problem) m_problem = std::move(error);
    m_file.reset();
  }

  fs::path m_directory;
  UniqueFd m_file;
  std::optional<Error> m_problem;
};

}  // namespace

Result<std::vector<BuiltArtifact>> extract_artifacts(int descriptor, const fs::path& directory, const Limits& limits) {
  std::error_code problem;
  fs::remove_all(directory, problem);
  if (!fs::create_directories(directory, problem))
    return Error{
        ErrorCode::io, "cannot make the directory: " + problem.message(), escape_for_display(directory.string()), {}};
  Extraction extraction{directory};
  archive::ReadOptions reading;
  reading.limits = limits;
  reading.visitor = &extraction;
  const auto contents = archive::read_archive(fmt::format("/proc/self/fd/{}", descriptor), reading);
  if (!contents) return contents.error();
  if (extraction.problem()) return *extraction.problem();
  if (!contents->coverage.complete())
    return Error{ErrorCode::limit,
                 fmt::format("what the build made cannot be taken out: {}", contents->coverage.gaps.front().reason),
                 {},
                 "--limit raises limits"};
  std::sort(extraction.artifacts.begin(), extraction.artifacts.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return std::move(extraction.artifacts);
}

}  // namespace assay::rebuild
