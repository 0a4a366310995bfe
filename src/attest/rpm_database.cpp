#include "attest/rpm_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <map>
#include <optional>

#include "attest/sbom_collector.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/sqlite.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

constexpr std::uint64_t k_max_database = 1ULL << 30;
constexpr std::size_t k_max_files = 5'000'000;
constexpr std::uint32_t k_max_tags = 65'536;
constexpr std::size_t k_entry = 16;
constexpr int k_steps = 50'000'000;

enum Tag : std::uint32_t {
  k_name = 1000,
  k_version = 1001,
  k_release = 1002,
  k_epoch = 1003,
  k_vendor = 1011,
  k_license = 1014,
  k_arch = 1022,
  k_dir_indexes = 1116,
  k_base_names = 1117,
  k_dir_names = 1118,
};

std::uint32_t number_at(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

/// Type, offset and count of each tag that stands in the header, and where their values are.
class Header {
 public:
  static std::optional<Header> open(ByteView bytes) {
    if (bytes.size() < 8) return std::nullopt;
    const auto tags = number_at(bytes, 0), size = number_at(bytes, 4);
    if (tags > k_max_tags || 8 + std::uint64_t{tags} * k_entry + size > bytes.size()) return std::nullopt;
    Header header;
    header.m_values = bytes.subspan(8 + tags * k_entry, size);
    for (std::size_t i = 0; i < tags; ++i) {
      const auto at = 8 + i * k_entry;
      header.m_tags.emplace(number_at(bytes, at), Place{number_at(bytes, at + 8), number_at(bytes, at + 12)});
    }
    return header;
  }

  std::vector<std::string> texts(std::uint32_t tag) const {
    std::vector<std::string> found;
    const auto place = m_tags.find(tag);
    if (place == m_tags.end() || place->second.offset > m_values.size()) return found;
    auto rest = as_text(m_values.subspan(place->second.offset));
    for (std::uint32_t i = 0; i < place->second.count; ++i) {
      const auto end = rest.find('\0');
      if (end == std::string_view::npos) break;
      found.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return found;
  }
  std::string text(std::uint32_t tag) const {
    auto all = texts(tag);
    return all.empty() ? std::string{} : std::move(all.front());
  }
  std::vector<std::uint32_t> numbers(std::uint32_t tag) const {
    std::vector<std::uint32_t> found;
    const auto place = m_tags.find(tag);
    if (place == m_tags.end()) return found;
    for (std::uint64_t i = 0; i < place->second.count && place->second.offset + (i + 1) * 4 <= m_values.size(); ++i)
      found.push_back(number_at(m_values, static_cast<std::size_t>(place->second.offset + i * 4)));
    return found;
  }

 private:
  struct Place {
    std::uint32_t offset = 0, count = 0;
  };
  ByteView m_values;
  std::map<std::uint32_t, Place> m_tags;
};

}  // namespace

Result<RpmPackage> read_rpm_header(ByteView bytes) {
  const auto header = Header::open(bytes);
  if (!header) return Error{ErrorCode::format, "a header of the database is damaged", {}, {}};
  RpmPackage package;
  auto& component = package.component;
  component.name = header->text(k_name);
  if (component.name.empty()) return Error{ErrorCode::format, "a header of the database has no name", {}, {}};
  component.version = fmt::format("{}-{}", header->text(k_version), header->text(k_release));
  component.license = header->text(k_license);
  component.supplier = header->text(k_vendor);
  component.grounds = Grounds::declared;
  component.purl = fmt::format("pkg:rpm/{}@{}?arch={}", purl_part(component.name), purl_part(component.version),
                               purl_part(header->text(k_arch)));
  if (const auto epoch = header->numbers(k_epoch); !epoch.empty())
    component.purl += fmt::format("&epoch={}", epoch.front());
  const auto names = header->texts(k_base_names), directories = header->texts(k_dir_names);
  const auto indexes = header->numbers(k_dir_indexes);
  for (std::size_t i = 0; i < names.size() && i < indexes.size(); ++i)
    if (indexes[i] < directories.size()) package.files.push_back(directories[indexes[i]] + names[i]);
  return package;
}

Result<std::vector<RpmPackage>> read_rpm_database(const std::filesystem::path& file) {
  // From memory, so that no journal is written beside it and no other program is waited for.
  ASSAY_TRY(auto bytes, read_file(file, k_max_database));
  const auto damaged = [](const char* why) {
    return Error{ErrorCode::format, fmt::format("not a database of rpm: {}", why), {}, {}};
  };
  const auto database = open_sqlite(bytes, k_steps);
  if (!database) return damaged("it cannot be opened");
  auto* raw = database.get();
  sqlite3_stmt* query = nullptr;
  sqlite3_prepare_v2(raw, "SELECT blob FROM Packages ORDER BY hnum", -1, &query, nullptr);
  const Handle<sqlite3_stmt, sqlite3_finalize> statement{query};
  if (!statement) return damaged(sqlite3_errmsg(raw));
  std::vector<RpmPackage> packages;
  std::size_t files = 0;
  int state = sqlite3_step(query);
  for (; state == SQLITE_ROW; state = sqlite3_step(query)) {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(query, 0));
    ASSAY_TRY(auto package, read_rpm_header(ByteView{data, static_cast<std::size_t>(sqlite3_column_bytes(query, 0))}));
    files += package.files.size();
    if (files > k_max_files) return Error{ErrorCode::limit, "more files than a system has", {}, {}};
    packages.push_back(std::move(package));
  }
  if (state != SQLITE_DONE) return damaged(sqlite3_errmsg(raw));
  return packages;
}

}  // namespace assay::attest
