#include "provenance/known_package.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <unordered_map>

#include "archive/reader.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_max_member = 1ULL << 30;

/// Bytes under a path, in memory only: the archive reader takes files.
class AnonymousFile {
 public:
  static Result<AnonymousFile> make(ByteView content, const std::string& where) {
    AnonymousFile file;
    file.m_fd = UniqueFd{::memfd_create("assay-member", MFD_CLOEXEC)};
    if (!file.m_fd) return errno_error("hold a member of", where);
    while (!content.empty()) {
      const auto written = ::write(file.m_fd.get(), content.data(), content.size());
      if (written < 0) return errno_error("hold a member of", where);
      content = content.subspan(static_cast<std::size_t>(written));
    }
    return file;
  }
  std::filesystem::path path() const { return fmt::format("/proc/self/fd/{}", m_fd.get()); }

 private:
  UniqueFd m_fd;
};

/// Hands over the contents of the regular members that are wanted, one at a time.
class MemberCollector : public archive::EntryVisitor {
 public:
  using Wanted = std::function<bool(std::string_view)>;
  using Visit = std::function<void(std::string_view, ByteView)>;
  MemberCollector(const Wanted& wanted, const Visit& visit) : m_wanted(wanted), m_visit(visit) {}

  void begin(const TreeEntry& entry) override {
    m_collecting = entry.kind == EntryKind::regular && entry.size <= k_max_member && m_wanted(entry.path);
    m_content.clear();
  }
  void data(ByteView piece) override {
    if (m_collecting) m_content.insert(m_content.end(), piece.begin(), piece.end());
  }
  void end(const TreeEntry& entry) override {
    if (m_collecting) m_visit(entry.path, m_content);
  }

 private:
  const Wanted& m_wanted;
  const Visit& m_visit;
  bool m_collecting = false;
  Bytes m_content;
};

Result<void> read_members_of(const std::filesystem::path& file, const std::string& where,
                             const MemberCollector::Wanted& wanted, const MemberCollector::Visit& visit) {
  MemberCollector collector{wanted, visit};
  archive::ReadOptions options;
  options.visitor = &collector;
  auto contents = archive::read_archive(file, options);
  if (!contents) {
    contents.error().where = where;
    return contents.error();
  }
  if (!contents->coverage.complete())
    return Error{ErrorCode::format, "could not be read to its end", where, "fetch the package again"};
  return {};
}

Result<void> read_nested(ByteView archive, const std::string& where, const MemberCollector::Wanted& wanted,
                         const MemberCollector::Visit& visit) {
  ASSAY_TRY(const auto file, AnonymousFile::make(archive, where));
  return read_members_of(file.path(), where, wanted, visit);
}

/// The time of the first member (deb(5): `debian-binary`), bytes 16 to 27 of its ar(5) header.
std::optional<std::int64_t> member_time(ByteView package) {
  constexpr std::string_view magic{"!<arch>\n"};
  if (package.size() < magic.size() + 60 || !as_text(package).starts_with(magic)) return std::nullopt;
  const auto field = as_text(package).substr(magic.size() + 16, 12);
  std::int64_t time = 0;
  const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), time);
  if (failure != std::errc{} || time < 0) return std::nullopt;
  return time;
}

std::string control_field(std::string_view control, std::string_view name) {
  for (const auto line : split_lines(control)) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
      return normalise_line(line.substr(name.size() + 1));
  }
  return {};
}

bool is_tar(std::string_view path) {
  return ends_with_any(path, {".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"});
}

/// Visits what is wanted, and what is wanted of the tar archives among it.
class DataReader {
 public:
  DataReader(const PackageReader& reader, const std::string& where) : m_reader(reader), m_where(where) {}

  Result<void> read(ByteView archive) {
    ASSAY_TRY_VOID(read_nested(archive, m_where, m_reader.wanted, [this](std::string_view path, ByteView content) {
      m_reader.visit(path, content);
      if (is_tar(path) && m_inner) m_inner = read_inner(std::string{path}, content);
    }));
    return std::move(m_inner);
  }

 private:
  Result<void> read_inner(const std::string& container, ByteView archive) {
    const auto name = [&](std::string_view member) { return fmt::format("{}!{}", container, member); };
    return read_nested(
        archive, m_where + '!' + container, [&](std::string_view path) { return m_reader.wanted(name(path)); },
        [&](std::string_view path, ByteView content) { m_reader.visit(name(path), content); });
  }

  const PackageReader& m_reader;
  const std::string& m_where;
  Result<void> m_inner;
};

}  // namespace

Result<PackageFacts> read_package(const std::filesystem::path& file, const PackageReader& reader) {
  const auto where = file.string();
  const auto no_package = [&](std::string_view why) {
    return Error{ErrorCode::format, fmt::format("is no Debian package: {}", why), where, "give the path of a .deb"};
  };
  ASSAY_TRY(const auto mapped, MappedFile::open(file));
  const auto time = member_time(mapped.bytes());
  if (!time) return no_package("it is no ar archive");

  std::unordered_map<std::string, Bytes> members;
  ASSAY_TRY_VOID(read_members_of(
      file, where,
      [](std::string_view path) { return path.starts_with("control.tar") || path.starts_with("data.tar"); },
      [&](std::string_view path, ByteView content) {
        members[std::string{path.substr(0, path.find('.'))}] = Bytes{content.begin(), content.end()};
      }));
  if (!members.contains("control") || !members.contains("data"))
    return no_package("control.tar or data.tar is not there");

  std::string control;
  ASSAY_TRY_VOID(read_nested(
      members["control"], where, [](std::string_view path) { return path == "control"; },
      [&](std::string_view, ByteView content) { control = as_text(content); }));
  const auto name = control_field(control, "Package");
  const auto version = control_field(control, "Version");
  if (name.empty() || version.empty()) return no_package("its control file names no package and version");
  ASSAY_TRY_VOID(DataReader(reader, where).read(members["data"]));
  return PackageFacts{{name + '_' + version, sha256(mapped.bytes()).hex()}, *time};
}

}  // namespace assay::provenance
