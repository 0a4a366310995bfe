#include "archive/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "archive/budget.hpp"
#include "archive/decompressor.hpp"
#include "archive/member_path.hpp"
#include "archive/member_reader.hpp"
#include "archive/pipe.hpp"
#include "archive/sniff.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

constexpr std::array<std::uint8_t, 16384> k_zeros{};

/// The filters of a file, taken off one after another, until what comes out is an archive or no filter fits.
struct Layers {
  std::unique_ptr<ByteSource> top;
  std::vector<DecompressedSource*> filters;  ///< outermost first; owned by `top`
  std::vector<Filter> names;
  Format format = Format::unknown;
  Bytes head;  ///< the first bytes of what comes out at the top
  Result<void> outcome;  ///< how reading the head went
};

Layers peel(std::unique_ptr<ByteSource> source, const Limits& limits, const Deadline& deadline) {
  Layers layers;
  layers.top = std::move(source);
  for (;;) {
    layers.head.resize(k_sniff_size);
    layers.head.resize(read_fully(*layers.top, layers.head, layers.outcome));
    layers.top = std::make_unique<ReplayedSource>(layers.head, std::move(layers.top));
    layers.format = sniff_format(layers.head);
    if (layers.format != Format::unknown) return layers;
    const auto filter = sniff_filter(layers.head);
    if (filter == Filter::none) return layers;
    if (layers.filters.size() >= limits.max_nesting) {
      layers.outcome = limit_error("nesting", limits.max_nesting, "too many compressions within one another");
      return layers;
    }
    auto next = std::make_unique<DecompressedSource>(std::move(layers.top), filter, limits, deadline);
    layers.filters.push_back(next.get());
    layers.names.push_back(filter);
    layers.top = std::move(next);
  }
}

/// Collects what the members of one archive are.
class Collector {
 public:
  Collector(const ReadOptions& options, std::uint64_t compressed_size, const Deadline& deadline)
      : m_options(options), m_deadline(deadline), m_budget(options.limits, compressed_size), m_hasher(options.git_hash) {}

  /// Read all members. An Error says why reading ended before the archive did.
  Result<void> collect(MemberReader& reader) {
    for (;;) {
      ASSAY_TRY(auto member, reader.next());
      if (!member) return {};
      ASSAY_TRY_VOID(m_deadline.check());
      ASSAY_TRY_VOID(take(reader, *std::move(member)));
    }
  }

  ArchiveContents& contents() noexcept { return m_contents; }
  Budget& budget() noexcept { return m_budget; }

 private:
  Result<void> take(MemberReader& reader, Member member) {
    ASSAY_TRY_VOID(check_path_limits(member.path, m_options.limits));
    ASSAY_TRY_VOID(check_path_limits(member.link_target, m_options.limits));
    ASSAY_TRY_VOID(m_budget.add_entry(sizeof(TreeEntry) + member.path.size() + member.link_target.size()));
    TreeEntry entry;
    entry.path = normalise_path(member.path);
    entry.kind = member.kind;
    entry.mode = member.mode;
    entry.link_target = std::move(member.link_target);
    if (entry.kind == EntryKind::regular) entry.size = member.size.value_or(0);
    m_contents.kept.erase(entry.path);
    m_contents.not_kept.erase(entry.path);
    if (m_options.visitor != nullptr) m_options.visitor->begin(entry);
    ASSAY_TRY_VOID(read_content(reader, entry));
    if (m_options.visitor != nullptr) m_options.visitor->end(entry);
    index(std::move(entry));
    return {};
  }

  Result<void> read_content(MemberReader& reader, TreeEntry& entry) {
    switch (entry.kind) {
      case EntryKind::regular: return read_regular(reader, entry);
      case EntryKind::symlink: digest_link(entry); return {};
      case EntryKind::hardlink: resolve(entry); return {};
      default: return {};
    }
  }

  Result<void> read_regular(MemberReader& reader, TreeEntry& entry) {
    ASSAY_TRY_VOID(m_budget.check_entry_size(entry.size));
    const bool may_keep = m_options.keep && entry.size <= m_options.max_kept_entry;
    m_hasher.begin(entry.size);
    m_buffer.clear();
    std::uint64_t done = 0;
    ByteView whole;
    for (;;) {
      ASSAY_TRY(const auto piece, reader.read());
      if (!piece) break;
      ASSAY_TRY_VOID(fill_hole(piece->offset, done, may_keep));
      ASSAY_TRY_VOID(m_budget.add_content(piece->bytes.size(), done + piece->bytes.size()));
      done += piece->bytes.size();
      if (done == entry.size && m_buffer.empty() && piece->bytes.size() == done) {
        // The common case, a member that lies in one block: no need to copy what will probably not be kept.
        give(piece->bytes, false);
        whole = piece->bytes;
        break;
      }
      give(piece->bytes, may_keep);
    }
    ASSAY_TRY_VOID(fill_hole(entry.size, done, may_keep));
    entry.digests = m_hasher.finish();
    entry.sha256_known = true;
    entry.size = done;
    keep(entry, whole.empty() ? ByteView{m_buffer} : whole);
    return {};
  }

  void give(ByteView bytes, bool may_keep) {
    m_hasher.update(bytes);
    if (m_options.visitor != nullptr && !bytes.empty()) m_options.visitor->data(bytes);
    if (may_keep) m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
  }

  Result<void> fill_hole(std::uint64_t until, std::uint64_t& done, bool may_keep) {
    while (done < until) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(until - done, k_zeros.size()));
      ASSAY_TRY_VOID(m_budget.add_content(count, done + count));
      ASSAY_TRY_VOID(m_deadline.check());
      give(ByteView{k_zeros}.first(count), may_keep);
      done += count;
    }
    return {};
  }

  void keep(const TreeEntry& entry, ByteView content) {
    if (!m_options.keep || !m_options.keep(entry)) return;
    if (entry.size <= m_options.max_kept_entry && m_budget.retain(entry.size)) {
      m_contents.kept.insert_or_assign(entry.path, Bytes{content.begin(), content.end()});
    } else {
      m_contents.not_kept.insert(entry.path);
    }
  }

  void digest_link(TreeEntry& entry) {
    m_hasher.begin(entry.link_target.size());
    m_hasher.update(as_bytes(entry.link_target));
    entry.digests = m_hasher.finish();
    entry.sha256_known = true;
  }

  void resolve(TreeEntry& entry) {
    const auto found = m_by_path.find(normalise_path(entry.link_target));
    if (found == m_by_path.end()) return;
    const auto& target = m_contents.entries[*found];
    entry.size = target.size;
    entry.digests = target.digests;
    entry.sha256_known = target.sha256_known;
  }

  void index(TreeEntry entry) {
    m_contents.entries.push_back(std::move(entry));
    const auto position = static_cast<std::uint32_t>(m_contents.entries.size() - 1);
    const auto [found, inserted] = m_by_path.insert(position);
    if (inserted) return;
    auto node = m_by_path.extract(found);
    node.value() = position;
    m_by_path.insert(std::move(node));
  }

  /// Orders entries by path without holding the paths twice. A tree, not a hash: names come from outside, and must not
  /// be able to collide on purpose.
  struct ByPath {
    using is_transparent = void;
    const std::vector<TreeEntry>* entries;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return (*entries)[a].path < (*entries)[b].path; }
    bool operator()(std::uint32_t a, std::string_view b) const { return (*entries)[a].path < b; }
    bool operator()(std::string_view a, std::uint32_t b) const { return a < (*entries)[b].path; }
  };

  const ReadOptions& m_options;
  const Deadline& m_deadline;
  Budget m_budget;
  EntryHasher m_hasher;
  Bytes m_buffer;
  ArchiveContents m_contents;
  std::set<std::uint32_t, ByPath> m_by_path{ByPath{&m_contents.entries}};
};

std::string_view format_name(Format format) {
  switch (format) {
    case Format::tar: return "tar";
    case Format::zip: return "zip";
    case Format::cpio: return "cpio";
    case Format::ar: return "ar";
    case Format::seven_zip: return "7z";
    case Format::unknown: break;
  }
  return "unknown";
}

}  // namespace

Result<ArchiveContents> read_archive(const std::filesystem::path& file, const ReadOptions& options) {
  ASSAY_TRY(const FileStore store, FileStore::open(file));
  if (store.size() == 0) return Error{ErrorCode::format, "is empty", file.string(), {}};
  const Deadline deadline{options.limits.time};
  auto raw_source = std::make_unique<StoreSource>(store);
  auto& raw = *raw_source;
  auto layers = peel(std::move(raw_source), options.limits, deadline);
  Collector collector{options, store.size(), deadline};
  auto& contents = collector.contents();
  contents.format = format_name(layers.format);
  for (const auto name : layers.names) contents.format += fmt::format(", {}", to_string(name));
  contents.size = store.size();
  if (layers.format == Format::unknown) return Error{ErrorCode::format, std::string{describe_content(layers.head)}, file.string(), {}};
  Pipe pipe{*layers.top};
  auto pull = [&]() -> Result<ByteView> {
    ASSAY_TRY(const auto block, pipe.next());
    contents.content_size += block.size();
    ASSAY_TRY_VOID(collector.budget().check_stream(contents.content_size));
    if (options.progress) options.progress(raw.position(), store.size());
    return block;
  };
  const auto reader = MemberReader::over_stream(layers.format, pull);
  auto outcome = collector.collect(*reader);
  if (!outcome) contents.coverage.add(escape_for_display(file.string()), outcome.error().message, outcome.error().remedy);
  pipe.stop();
  ASSAY_TRY(contents.sha256, raw.finish_digest());
  return std::move(contents);
}

Result<std::unordered_map<EntryPath, Bytes>> read_members(const std::filesystem::path& file,
                                                          const std::unordered_set<EntryPath>& paths,
                                                          std::uint64_t max_size, const Limits& limits) {
  ReadOptions options;
  options.limits = limits;
  options.max_kept_entry = max_size;
  options.keep = [&](const TreeEntry& entry) { return entry.size <= max_size && paths.contains(entry.path); };
  ASSAY_TRY(auto contents, read_archive(file, options));
  return std::move(contents.kept);
}

}  // namespace assay::archive
