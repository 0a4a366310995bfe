#include "provenance/known_files.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
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

/// One bit for each value of a digest's first bits that occurs. Most of what is asked for is in no set and ends here with
/// one look, instead of a search in each of nine mapped files.
class Prefixes {
 public:
  explicit Prefixes(unsigned bits) : m_bits(bits) {}
  /// Room for all of them: before the first is added, and not before somebody asks, since to clear it takes milliseconds.
  void begin() { m_seen.resize(std::size_t{1} << m_bits); }
  void add(const std::uint8_t* digest) { m_seen[prefix_of(digest)] = true; }
  bool may_have(const std::uint8_t* digest) const { return m_seen[prefix_of(digest)]; }

 private:
  std::size_t prefix_of(const std::uint8_t* digest) const noexcept {
    const auto leading = std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 |
                         std::uint32_t{digest[2]} << 8 | std::uint32_t{digest[3]};
    return leading >> (32 - m_bits);
  }

  unsigned m_bits;
  std::vector<bool> m_seen;
};

}  // namespace

struct KnownFiles::Impl {
  std::vector<DataSet> sets;  ///< never changed once opened: the views handed out point into it
  std::vector<PrevalenceData> prevalence;

  /// With 850,000 lines known, 19 in 20 of those that are not end here. Made on first use, in some 5 ms, because a run on a
  /// clean release asks for none.
  const Prefixes& line_prefixes() {
    std::call_once(m_lines_made, [this] {
      m_lines.begin();
      for (const auto& set : sets) set.data.for_each_line([this](const std::uint8_t* digest) { m_lines.add(digest); });
    });
    return m_lines;
  }
  /// The same for contents, of which 140,000 are known.
  const Prefixes& content_prefixes() {
    std::call_once(m_contents_made, [this] {
      m_contents.begin();
      for (const auto& set : sets) set.data.for_each_content([this](const std::uint8_t* key) { m_contents.add(key); });
    });
    return m_contents;
  }

  /// Where a line was found the next one mostly is.
  std::atomic<std::size_t> last_found{0};

 private:
  std::once_flag m_lines_made;
  Prefixes m_lines{24};
  std::once_flag m_contents_made;
  Prefixes m_contents{22};
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
  if (!m_impl->content_prefixes().may_have(key.data())) return found;
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
  if (!m_impl->line_prefixes().may_have(digest.bytes.data())) return false;
  const auto& sets = m_impl->sets;
  const auto last = m_impl->last_found.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto set = (last + i) % sets.size();
    if (!sets[set].data.has_line(digest)) continue;
    m_impl->last_found.store(set, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void KnownFiles::prepare_lines() const {
  m_impl->line_prefixes();
}

std::vector<std::pair<std::string, std::string>> KnownFiles::data_sets() const {
  std::vector<std::pair<std::string, std::string>> sets;
  for (const auto& set : m_impl->sets) {
    const auto bytes = set.file.bytes();
    sets.emplace_back(set.name, sha256(bytes).hex());
    // All of it was looked at for this alone; what is looked up later is read from the cache again.
    if (!bytes.empty()) ::madvise(const_cast<std::uint8_t*>(bytes.data()), bytes.size(), MADV_DONTNEED);
  }
  return sets;
}

bool KnownFiles::empty() const noexcept {
  return m_impl->sets.empty();
}

}  // namespace assay::provenance
