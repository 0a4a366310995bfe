#include "provenance/known_files.hpp"

#include <algorithm>
#include <mutex>

#include "base/file.hpp"
#include "provenance/known_format.hpp"
#include "provenance/known_manifest.hpp"
#include "provenance/prevalence.hpp"

namespace assay::provenance {

namespace {

struct DataSet {
  std::string name;
  MappedFile file;
  KnownData data;
};

void append(std::vector<KnownFile>& out, std::string_view upstream, const std::vector<KnownRecord>& records) {
  for (const auto& record : records) out.push_back({upstream, record.path, record.serial, record.first_seen});
}

void sort_earliest_first(std::vector<KnownFile>& files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const KnownFile& a, const KnownFile& b) { return a.first_seen < b.first_seen; });
}

}  // namespace

struct KnownFiles::Impl {
  std::vector<DataSet> sets;  ///< never changed once opened: the views handed out point into it
  std::vector<PrevalenceData> prevalence;

  /// One bit for each value of a line digest's first 24 bits that occurs. Most lines asked for are in no set; with
  /// 850,000 lines known, 19 in 20 of those end here with one look instead of a search in each of nine mapped files.
  /// Made on first use, in some 5 ms, because a run on a clean release asks for none.
  const std::vector<bool>& line_prefixes() {
    std::call_once(m_prefixes_made, [this] {
      m_prefixes.resize(std::size_t{1} << 24);
      for (const auto& set : sets)
        set.data.for_each_line([this](const std::uint8_t* digest) { m_prefixes[prefix_of(digest)] = true; });
    });
    return m_prefixes;
  }
  static std::size_t prefix_of(const std::uint8_t* digest) noexcept {
    return static_cast<std::size_t>(digest[0]) << 16 | static_cast<std::size_t>(digest[1]) << 8 | digest[2];
  }

 private:
  std::once_flag m_prefixes_made;
  std::vector<bool> m_prefixes;
};

LineDigest line_digest(std::string_view normalised_line) {
  Sha256Stream stream;
  return line_digest(normalised_line, stream);
}

LineDigest line_digest(std::string_view normalised_line, Sha256Stream& stream) {
  stream.update(as_bytes(normalised_line));
  const auto whole = stream.finish();
  LineDigest digest;
  std::copy_n(whole.bytes.begin(), digest.bytes.size(), digest.bytes.begin());
  return digest;
}

KnownFiles::KnownFiles() : m_impl(std::make_unique<Impl>()) {}
KnownFiles::~KnownFiles() = default;
KnownFiles::KnownFiles(KnownFiles&&) noexcept = default;
KnownFiles& KnownFiles::operator=(KnownFiles&&) noexcept = default;

Result<KnownFiles> KnownFiles::open(const std::filesystem::path& directory) {
  ASSAY_TRY(const auto names, data_set_names(directory));
  KnownFiles known;
  known.m_impl->sets.reserve(names.size());
  for (const auto& name : names) {
    const auto path = data_set_file(directory, name);
    ASSAY_TRY(auto file, MappedFile::open(path));
    ASSAY_TRY(const auto data, KnownData::open(file.bytes(), path.string()));
    known.m_impl->sets.push_back({name, std::move(file), data});
  }
  std::error_code ignored;
  for (const auto& item : std::filesystem::directory_iterator{directory, ignored}) {
    if (item.path().extension() != ".prevalence") continue;
    ASSAY_TRY(auto data, PrevalenceData::open(item.path()));
    known.m_impl->prevalence.push_back(std::move(data));
  }
  return known;
}

std::optional<Prevalence> KnownFiles::prevalence_of(const Sha256& content) const {
  std::optional<Prevalence> best;
  for (const auto& data : m_impl->prevalence)
    if (const auto found = data.find(content); found && (!best || found->projects > best->projects)) best = found;
  return best;
}

std::vector<KnownFile> KnownFiles::find(const Sha256& content) const {
  std::vector<KnownFile> found;
  const auto key = content_key(content);
  for (const auto& set : m_impl->sets) append(found, set.name, set.data.find(key));
  sort_earliest_first(found);
  return found;
}

std::vector<KnownFile> KnownFiles::history_of(std::string_view basename) const {
  std::vector<KnownFile> found;
  for (const auto& set : m_impl->sets) append(found, set.name, set.data.history_of(basename));
  sort_earliest_first(found);
  return found;
}

bool KnownFiles::has_line(const LineDigest& digest) const {
  if (!m_impl->line_prefixes()[Impl::prefix_of(digest.bytes.data())]) return false;
  return std::any_of(m_impl->sets.begin(), m_impl->sets.end(),
                     [&](const DataSet& set) { return set.data.has_line(digest); });
}

void KnownFiles::prepare_lines() const {
  m_impl->line_prefixes();
}

std::vector<std::pair<std::string, std::string>> KnownFiles::data_sets() const {
  std::vector<std::pair<std::string, std::string>> sets;
  for (const auto& set : m_impl->sets) sets.emplace_back(set.name, sha256(set.file.bytes()).hex());
  return sets;
}

bool KnownFiles::empty() const noexcept {
  return m_impl->sets.empty();
}

}  // namespace assay::provenance
