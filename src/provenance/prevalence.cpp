#include "provenance/prevalence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "archive/reader.hpp"
#include "base/text.hpp"
#include "provenance/reach.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_magic = "assay prevalence 1 ";
constexpr std::size_t k_key = 32;
constexpr std::size_t k_record = k_key + 1 + 10 + 1 + 10 + 1;

std::optional<std::uint64_t> number_in(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool is_archive(const fs::path& file) {
  const auto name = file.filename().string();
  return ends_with_any(name,
                       {".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst", ".tar.lz4", ".tar", ".zip", ".crate"}) &&
         name.find(".debian.tar") == std::string::npos;
}

/// A release is as old as its youngest file, and not younger than its archive; when that was fetched says little.
std::int64_t date_of(const fs::path& file, std::int64_t newest_member) {
  std::error_code failure;
  const auto written = fs::last_write_time(file, failure);
  if (failure) return std::max<std::int64_t>(newest_member, 0);
  const std::int64_t here{
      std::chrono::floor<std::chrono::seconds>(std::chrono::file_clock::to_sys(written).time_since_epoch()).count()};
  return newest_member > 0 ? std::min(newest_member, here) : here;
}

std::string_view without_top(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_auxiliary(std::string_view path, const KnownFilter& filter) {
  return filter.paths.empty() ? reach_by_name(std::string{path}).reach == Reach::executed : filter.indexes(path);
}

Result<void> count_release(const fs::path& file, const KnownFilter& filter, const Limits& limits,
                           PrevalenceCounter& counter) {
  const auto names = vcs::parse_release_name(file.filename().string());
  if (names.empty()) return Error{ErrorCode::format, "its name does not say which project it is of", file.string(), {}};
  archive::ReadOptions options;
  options.limits = limits;
  ASSAY_TRY(const auto contents, archive::read_archive(file, options));
  const auto date = date_of(file, contents.newest_member);
  for (const auto& entry : contents.entries)
    if (entry.kind == EntryKind::regular && entry.size > 0 && entry.sha256_known &&
        is_auxiliary(without_top(entry.path), filter))
      counter.add(names.front().project, entry.digests.sha256, date);
  return {};
}

}  // namespace

Result<PrevalenceData> PrevalenceData::view(ByteView bytes, const std::string& where) {
  const auto text = as_text(bytes);
  const auto broken = [&](std::string message) {
    return Error{ErrorCode::format, std::move(message), where, "make it again with `assay known index DIR --releases`"};
  };
  const auto end = text.find('\n');
  if (!text.starts_with(k_magic) || end == std::string_view::npos) return broken("is no prevalence data");
  const auto count = number_in(text.substr(k_magic.size(), end - k_magic.size()));
  if (!count || *count > text.size() || text.size() - end - 1 != *count * k_record)
    return broken("has not the size that its first line says");
  PrevalenceData data;
  data.m_records = text.substr(end + 1);
  data.m_count = *count;
  return data;
}

Result<PrevalenceData> PrevalenceData::open(const fs::path& file) {
  ASSAY_TRY(auto mapped, MappedFile::open(file));
  ASSAY_TRY(auto data, view(mapped.bytes(), file.string()));
  data.m_file = std::move(mapped);  // the mapping does not move with its owner
  return data;
}

std::optional<Prevalence> PrevalenceData::find(const Sha256& content) const {
  const auto key = content.hex().substr(0, k_key);
  std::size_t low = 0, high = m_count;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (m_records.substr(middle * k_record, k_key) < key) low = middle + 1;
    else high = middle;
  }
  const auto record = low < m_count ? m_records.substr(low * k_record, k_record) : std::string_view{};
  if (record.substr(0, std::min(record.size(), k_key)) != key) return std::nullopt;
  const auto projects = number_in(record.substr(k_key + 1, 10));
  const auto first = number_in(record.substr(k_key + 12, 10));
  if (!projects || !first || *projects > 0xffff'ffff) return std::nullopt;
  return Prevalence{static_cast<std::uint32_t>(*projects), static_cast<std::int64_t>(*first)};
}

void PrevalenceCounter::add(std::string_view project, const Sha256& content, std::int64_t seen) {
  const auto id =
      m_projects.try_emplace(ascii_lower(project), static_cast<std::uint32_t>(m_projects.size())).first->second;
  auto& entry = m_contents[content.hex().substr(0, k_key)];
  entry.first = entry.projects.empty() ? seen : std::min(entry.first, seen);
  entry.projects.insert(id);
}

std::string PrevalenceCounter::finish() const {
  auto text = fmt::format("{}{}\n", k_magic, m_contents.size());
  for (const auto& [key, seen] : m_contents)
    text += fmt::format("{} {:010} {:010}\n", key, seen.projects.size(),
                        std::clamp<std::int64_t>(seen.first, 0, 9'999'999'999));
  return text;
}

Result<PrevalenceCounter> count_releases(const fs::path& directory, const KnownFilter& filter, const Limits& limits,
                                         std::vector<std::string>& skipped) {
  std::error_code failure;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator item{directory, failure}, end; !failure && item != end; item.increment(failure))
    if (item->symlink_status().type() == fs::file_type::regular && is_archive(item->path()))
      files.push_back(item->path());
  if (failure) return Error{ErrorCode::io, "cannot be read: " + failure.message(), directory.string(), {}};
  std::sort(files.begin(), files.end());
  PrevalenceCounter counter;
  for (const auto& file : files)
    if (const auto counted = count_release(file, filter, limits, counter); !counted)
      skipped.push_back(counted.error().to_string());
  if (counter.contents() == 0)
    return Error{ErrorCode::not_found, "no release archive with auxiliary files is below it", directory.string(),
                 "name a directory of files such as curl-7.88.1.tar.gz"};
  return counter;
}

}  // namespace assay::provenance
