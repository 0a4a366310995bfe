#include "archive/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "archive/budget.hpp"
#include "archive/collector.hpp"
#include "archive/decompressor.hpp"
#include "archive/member_path.hpp"
#include "archive/member_reader.hpp"
#include "archive/pipe.hpp"
#include "archive/seven_zip_header.hpp"
#include "archive/sniff.hpp"
#include "archive/tar_scanner.hpp"
#include "archive/zip_directory.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

/// A source that is owned elsewhere.
class BorrowedSource final : public ByteSource {
 public:
  explicit BorrowedSource(ByteSource& source) : m_source(source) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override { return m_source.read(out); }

 private:
  ByteSource& m_source;
};

/// The filters of a file, taken off one after another, until what comes out is an archive or no filter fits.
struct Layers {
  std::unique_ptr<ByteSource> top;
  std::vector<DecompressedSource*> filters;  ///< outermost first; owned by `top`
  std::vector<Filter> names;
  Format format = Format::unknown;
  std::string_view besides;  ///< what the first block of a tar is for other readers; empty: nothing
  Bytes head;                ///< the first bytes of what comes out at the top
  Result<void> outcome;      ///< how reading the head went
};

/// The first bytes of `source`: as many as tell most formats, and where they tell none, or are zeros as in front of an image of a
/// disk, those that tell an image too. Not more than need be: what is damaged is read up to the damage, member by member.
Bytes read_head(ByteSource& source, Result<void>& outcome) {
  constexpr std::size_t k_usual = 1024;
  Bytes head(k_usual);
  head.resize(read_fully(source, head, outcome));
  const auto format = sniff_format(head);
  const bool may_be_image =
      !head.empty() && (head[0] == 0 || (format == Format::unknown && sniff_filter(head) == Filter::none));
  if (!outcome || head.size() < k_usual || !may_be_image) return head;
  head.resize(k_sniff_size);
  head.resize(k_usual + read_fully(source, std::span{head}.subspan(k_usual), outcome));
  return head;
}

Layers peel(std::unique_ptr<ByteSource> source, const ReadOptions& options, const Deadline& deadline) {
  Layers layers;
  layers.top = std::move(source);
  for (;;) {
    layers.head = read_head(*layers.top, layers.outcome);
    layers.top = std::make_unique<ReplayedSource>(layers.head, std::move(layers.top));
    layers.format = sniff_format(layers.head);
    if (layers.besides.empty()) layers.besides = besides_tar(layers.head);
    if (layers.format != Format::unknown || !layers.outcome) return layers;
    const auto filter = sniff_filter(layers.head);
    if (filter == Filter::none) return layers;
    if (layers.filters.size() + options.nesting >= options.limits.max_nesting) {
      layers.outcome = limit_error("nesting", options.limits.max_nesting, "too many compressions within one another");
      return layers;
    }
    auto next = std::make_unique<DecompressedSource>(std::move(layers.top), filter, options.limits, deadline);
    layers.filters.push_back(next.get());
    layers.names.push_back(filter);
    layers.top = std::move(next);
  }
}

std::string_view format_name(Format format) {
  switch (format) {
    case Format::tar:
      return "tar";
    case Format::zip:
      return "zip";
    case Format::cpio:
      return "cpio";
    case Format::ar:
      return "ar";
    case Format::seven_zip:
      return "7z";
    case Format::iso9660:
      return "iso9660";
    case Format::cabinet:
      return "cab";
    case Format::unknown:
      break;
  }
  return "unknown";
}

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// One archive, from its bytes to its contents.
class Reading {
 public:
  /// `store` is the same bytes at rest, if they are; `size` is 0 where it is not known beforehand.
  Reading(ByteSource& source, const ByteStore* store, std::string_view name, const ReadOptions& options)
      : m_raw(source),
        m_store(store),
        m_name(name),
        m_options(options),
        m_deadline(options.limits.time),
        m_collector(options, m_deadline, hooks()) {}

  Result<ArchiveContents> run() {
    m_layers = peel(std::make_unique<BorrowedSource>(m_raw), m_options, m_deadline);
    if (!m_layers.outcome) return conclude(m_layers.outcome);
    if (m_layers.format == Format::unknown) return not_an_archive();
    return conclude(needs_store(m_layers.format) ? read_stored() : read_streamed());
  }

 private:
  Collector::Hooks hooks() {
    return {.confirm = [this](Member& member) { confirm(member); },
            .check_content = [this] { return check_content(); },
            .compressed_size = [this] { return m_store != nullptr ? m_store->size() : m_raw.position(); }};
  }

  void confirm(Member& member) {
    if (m_layers.format == Format::tar) m_scanner.confirm(member);
    if (m_zip) m_zip->confirm(member);
    if (m_first_name.empty()) m_first_name = member.path;
  }

  Result<void> check_content() const { return m_zip ? m_zip->check_method() : Result<void>{}; }

  Result<void> read_streamed() {
    if (m_layers.format == Format::tar) m_collector.trust_sizes();
    Pipe pipe{*m_layers.top};
    ByteView block;
    const auto pull = [&]() -> Result<ByteView> {
      ASSAY_TRY(block, pipe.next());
      ASSAY_TRY_VOID(account(block));
      return block;
    };
    const auto reader = MemberReader::over_stream(m_layers.format, pull, m_options.limits.max_header_size);
    auto outcome = m_collector.collect(*reader);
    const auto members_end = reader->position();
    if (outcome) outcome = drain(pull, block, members_end);
    // A header that the scanner refuses is refused by libarchive too, but not in words that name a limit.
    if (!m_scanner.outcome()) outcome = m_scanner.outcome();
    pipe.stop();
    return outcome;
  }

  Result<void> account(ByteView block) {
    if (!m_scanner.outcome()) return m_scanner.outcome();
    ASSAY_TRY_VOID(m_deadline.check());
    m_stream_size += block.size();
    ASSAY_TRY_VOID(m_collector.budget().check_stream(m_stream_size));
    if (m_layers.format == Format::tar) m_scanner.feed(block);
    if (m_options.progress) m_options.progress(m_raw.position(), m_store != nullptr ? m_store->size() : 0);
    return {};
  }

  /// Read what follows the members: to look at it, and because the checksums of the filters come last.
  template <typename Pull>
  Result<void> drain(const Pull& pull, ByteView block, std::uint64_t members_end) {
    std::uint64_t block_begin = m_stream_size - block.size();
    while (!block.empty()) {
      if (m_layers.format != Format::tar) look_behind_end(block, block_begin, members_end);
      ASSAY_TRY(block, pull());
      block_begin = m_stream_size - block.size();
    }
    if (m_layers.format == Format::tar) {
      m_scanner.confirm_end();
      m_scanner.finish();
      // Inside a filter whose checksum fits the archive is as its packer left it; by itself it may have been cut off.
      if (!m_scanner.ended() && m_layers.filters.empty()) {
        auto& contents = m_collector.contents();
        contents.damage.insert(contents.coverage.gaps.size());
        contents.coverage.add(escape_for_display(m_name), "the archive has no end mark, it may be cut off",
                              "compare its size and checksum with those the publisher gives");
      }
    }
    report_trailing();
    return {};
  }

  void look_behind_end(ByteView block, std::uint64_t block_begin, std::uint64_t members_end) {
    const auto skipped =
        std::min<std::uint64_t>(members_end > block_begin ? members_end - block_begin : 0, block.size());
    if (m_data_behind_end || is_zero(block.subspan(static_cast<std::size_t>(skipped)))) return;
    m_data_behind_end = true;
    m_collector.findings().add(Trap::data_after_end, {},
                               fmt::format("there are bytes after the end of the archive at byte {}", members_end));
  }

  void report_trailing() {
    for (std::size_t i = 0; i < m_layers.filters.size(); ++i) {
      report_remarks(m_layers.filters[i]->remarks(), to_string(m_layers.names[i]));
      if (m_layers.filters[i]->resumed())
        m_collector.findings().add(
            Trap::readers_disagree, {},
            fmt::format("another {} stream follows zeros, at which some decoders end", to_string(m_layers.names[i])),
            {.key = to_string(m_layers.names[i])});
      if (!m_layers.filters[i]->resumed()) report_streams(m_layers.filters[i]->streams(), m_layers.names[i]);
      const auto& trailing = m_layers.filters[i]->trailing();
      if (trailing.count == 0) continue;
      m_collector.findings().add(
          Trap::trailing_bytes, {},
          fmt::format("{} after the end of the {} stream, at byte {}", count_of(trailing.count, "byte"),
                      to_string(m_layers.names[i]), trailing.offset),
          {.evidence = {{"first bytes", to_hex(trailing.head)}}, .key = to_string(m_layers.names[i])});
    }
  }

  /// Of others every decoder reads all; Ruby's and Rust's for gzip end behind the first. A package of Alpine is two or three by its
  /// format: signature, control and data.
  void report_streams(std::uint64_t count, Filter filter) {
    constexpr std::uint64_t k_of_alpine = 3;
    if (count == 1 || filter != Filter::gzip || (count <= k_of_alpine && m_name.ends_with(".apk"))) return;
    m_collector.findings().add(
        Trap::readers_disagree, {},
        fmt::format("the compressed file is {} gzip members, of which some decoders read only the first", count),
        {.severity = Severity::medium, .key = "members"});
  }

  void report_remarks(std::uint64_t count, std::string_view filter) {
    constexpr std::uint64_t k_usual = 64;
    if (count <= k_usual) return;
    m_collector.findings().add(
        Trap::unclaimed_bytes, {},
        fmt::format("{} in the headers of the {} stream are no part of the archive", count_of(count, "byte"), filter),
        {.severity = Severity::low, .key = filter});
  }

  Result<void> read_stored() {
    if (m_store != nullptr && m_layers.filters.empty()) {
      // The digest is taken on the side while the members are read from wherever they lie.
      auto digest = std::async(std::launch::async, [this] { return m_raw.finish_digest(); });
      auto outcome = read_store(*m_store);
      m_digest = digest.get();
      return outcome;
    }
    ASSAY_TRY(const auto held, hold());
    return read_store(MemoryStore{held});
  }

  /// The whole of what cannot be read in order.
  Result<Bytes> hold() {
    Bytes held;
    const auto allowed = retained_memory(m_options.limits);
    for (std::size_t room = 1U << 16;;) {
      const auto begin = held.size();
      held.resize(begin + room);
      ASSAY_TRY(const auto got, m_layers.top->read(std::span{held}.subspan(begin)));
      held.resize(begin + got);
      m_stream_size += got;
      ASSAY_TRY_VOID(m_deadline.check());
      if (got == 0) break;
      if (held.size() > allowed)
        return limit_error(
            "memory", m_options.limits.memory,
            fmt::format("a {} archive inside another file has too many bytes", format_name(m_layers.format)));
    }
    report_trailing();
    return held;
  }

  Result<void> read_store(const ByteStore& store) {
    if (m_layers.format == Format::zip) {
      m_zip.emplace(store, m_collector.findings(), m_options.limits);
      ASSAY_TRY_VOID(m_zip->read());
    } else if (m_layers.format == Format::seven_zip) {
      ASSAY_TRY_VOID(check_seven_zip(store, m_options.limits));
    }
    const auto reader = MemberReader::over_store(m_layers.format, store);
    return m_collector.collect(*reader);
  }

  Error not_an_archive() const {
    if (m_layers.head.empty() && m_layers.filters.empty())
      return Error{ErrorCode::format, "is empty", m_name, "fetch it again"};
    if (m_layers.filters.empty())
      return Error{ErrorCode::format, std::string{describe_content(m_layers.head)}, m_name,
                   "give a tar, zip, cpio, ar, deb, 7z, cab or ISO file, compressed or not"};
    const auto inner = m_layers.head.empty() ? std::string_view{"is empty"} : describe_content(m_layers.head);
    return Error{ErrorCode::format,
                 fmt::format("is compressed with {}, but what is in it {}", to_string(m_layers.names.back()), inner),
                 m_name, "give a tar, zip, cpio, ar, deb, 7z, cab or ISO file, compressed or not"};
  }

  std::string describe_format() const {
    auto text = std::string{format_name(m_layers.format)};
    if (m_layers.format == Format::tar) text += fmt::format(" ({})", m_scanner.dialect());
    if (m_layers.format == Format::ar && m_first_name == "debian-binary") text += " (deb)";
    for (auto name = m_layers.names.rbegin(); name != m_layers.names.rend(); ++name)
      text += fmt::format(", {}", to_string(*name));
    return text;
  }

  Result<ArchiveContents> conclude(const Result<void>& outcome) {
    auto& contents = m_collector.contents();
    if (!outcome) {
      const auto& error = outcome.error();
      if (contents.entries.empty() && error.code != ErrorCode::limit) return whole_failure(error);
      if (error.code == ErrorCode::format) contents.damage.insert(contents.coverage.gaps.size());
      contents.coverage.add(escape_for_display(m_name), describe_interruption(error), remedy_of(error));
    }
    if (m_collector.all_encrypted())
      return Error{ErrorCode::unsupported, "is encrypted", m_name,
                   "decrypt it first; encrypted content cannot be examined"};
    contents.format = describe_format();
    if (m_store != nullptr && m_layers.format != Format::zip && has_zip_directory(*m_store))
      m_collector.findings().add(
          Trap::readers_disagree, {},
          "it is a zip file as well: what looks for one at the end of a file, as unzip and pip do, "
          "unpacks other members",
          {.key = "zip"});
    if (!m_layers.besides.empty())
      m_collector.findings().add(Trap::readers_disagree, {},
                                 fmt::format("its first block is a tar header and the beginning of {} at once: "
                                             "which of the two is unpacked depends on the reader",
                                             m_layers.besides),
                                 {.key = "first block"});
    contents.content_size = needs_store(m_layers.format) ? m_collector.budget().content() : m_stream_size;
    contents.claimed_commit = m_scanner.claimed_commit();
    if (!m_digest) m_digest = m_raw.finish_digest();
    if (!*m_digest) return whole_failure(m_digest->error());
    contents.sha256 = **m_digest;
    contents.size = m_raw.position();
    m_collector.finish();
    return std::move(contents);
  }

  Error whole_failure(Error error) const {
    error.where = m_name;
    error.remedy = remedy_of(error);
    return error;
  }

  static std::string remedy_of(const Error& error) {
    if (error.code != ErrorCode::format || !error.remedy.empty()) return error.remedy;
    return "the archive is damaged or cut off; fetch it again and compare its checksum with the publisher's";
  }

  std::string describe_interruption(const Error& error) const {
    const auto& current = m_collector.interrupted();
    const auto where = current.empty() ? std::string{} : fmt::format(" within '{}'", escape_for_display(current));
    return fmt::format("reading ended{} after {}: {}", where,
                       count_of(m_collector.contents().entries.size(), "entry", "entries"), error.message);
  }

  HashedSource m_raw;
  const ByteStore* const m_store;
  const std::string m_name;
  const ReadOptions& m_options;
  const Deadline m_deadline;
  Layers m_layers;
  Collector m_collector;
  TarScanner m_scanner{m_collector.findings(), m_options.limits};
  std::optional<ZipDirectory> m_zip;
  std::optional<Result<Sha256>> m_digest;
  std::string m_first_name;
  std::uint64_t m_stream_size = 0;
  bool m_data_behind_end = false;
};

Result<ArchiveContents> read_store(const ByteStore& store, std::string_view name, const ReadOptions& options) {
  StoreSource source{store};
  return Reading{source, &store, name, options}.run();
}

Result<ArchiveContents> keep_members(const std::filesystem::path& file, const std::unordered_set<EntryPath>& paths,
                                     std::uint64_t max_size, const Limits& limits) {
  ReadOptions options;
  options.limits = limits;
  options.max_kept_entry = max_size;
  options.keep = [&](const TreeEntry& entry) { return entry.size <= max_size && paths.contains(entry.path); };
  return read_archive(file, options);
}

/// For each hard link among `paths` that was not kept, the regular entry whose content it is.
std::vector<std::pair<EntryPath, EntryPath>> content_of_links(const ArchiveContents& contents,
                                                              const std::unordered_set<EntryPath>& paths) {
  // A link is to an earlier member, so one pass in order follows chains of links.
  std::map<EntryPath, EntryPath> content;
  for (const auto& entry : contents.entries) {
    if (entry.kind != EntryKind::hardlink || contents.kept.contains(entry.path)) continue;
    const auto target = normalise_path(entry.link_target);
    const auto further = content.find(target);
    content[entry.path] = further != content.end() ? further->second : target;
  }
  std::vector<std::pair<EntryPath, EntryPath>> wanted;
  for (const auto& [link, target] : content)
    if (paths.contains(link)) wanted.emplace_back(link, target);
  return wanted;
}

}  // namespace

Result<ArchiveContents> read_archive(const std::filesystem::path& file, const ReadOptions& options) {
  ASSAY_TRY(const FileStore store, FileStore::open(file));
  return read_store(store, file.string(), options);
}

Result<ArchiveContents> read_archive(ByteView bytes, std::string_view name, const ReadOptions& options) {
  return read_store(MemoryStore{bytes}, name, options);
}

Result<ArchiveContents> read_archive(ByteSource& source, std::string_view name, const ReadOptions& options) {
  return Reading{source, nullptr, name, options}.run();
}

Result<std::unordered_map<EntryPath, Bytes>> read_members(const std::filesystem::path& file,
                                                          const std::unordered_set<EntryPath>& paths,
                                                          std::uint64_t max_size, const Limits& limits) {
  ASSAY_TRY(auto contents, keep_members(file, paths, max_size, limits));
  const auto targets = content_of_links(contents, paths);
  if (targets.empty()) return std::move(contents.kept);
  std::unordered_set<EntryPath> wanted;
  for (const auto& [link, target] : targets) wanted.insert(target);
  ASSAY_TRY(const auto linked, keep_members(file, wanted, max_size, limits));
  for (const auto& [link, target] : targets)
    if (const auto found = linked.kept.find(target); found != linked.kept.end())
      contents.kept.emplace(link, found->second);
  return std::move(contents.kept);
}

}  // namespace assay::archive
