#include "archive/collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "archive/member_path.hpp"
#include "base/text.hpp"

namespace assay::archive {

namespace {

constexpr std::array<std::uint8_t, 65536> k_zeros{};

void copy_content(const TreeEntry& from, TreeEntry& to) {
  to.size = from.size;
  to.digests = from.digests;
  to.sha256_known = from.sha256_known;
}

}  // namespace

Collector::Collector(const ReadOptions& options, const Deadline& deadline, Hooks hooks)
    : m_options(options),
      m_deadline(deadline),
      m_hooks(std::move(hooks)),
      m_budget(options.limits),
      m_hasher(options.git_hash) {}

Result<void> Collector::collect(MemberReader& reader) {
  for (;;) {
    ASSAY_TRY(auto member, reader.next());
    if (!member) break;
    ASSAY_TRY_VOID(m_deadline.check());
    ASSAY_TRY_VOID(take(reader, *std::move(member)));
  }
  return {};
}

void Collector::finish() {
  if (m_relinked) resolve_again();
  m_traps.finish();
  m_contents.findings = m_findings.take();
  sort_findings(m_contents.findings);
}

Result<void> Collector::take(MemberReader& reader, Member member) {
  if (m_hooks.confirm) m_hooks.confirm(member);
  ASSAY_TRY_VOID(check_path_limits(member.path, m_options.limits));
  ASSAY_TRY_VOID(check_path_limits(member.link_target, m_options.limits));
  ASSAY_TRY_VOID(m_budget.add_entry(member.path.size() + member.link_target.size()));
  TreeEntry entry;
  entry.path = normalise_path(member.path);
  entry.kind = member.kind;
  entry.mode = member.mode;
  entry.link_target = member.link_target;
  if (entry.kind == EntryKind::regular) entry.size = member.size.value_or(0);
  m_current = entry.path;
  if (!member.warning.empty())
    m_findings.add(Trap::malformed_header, entry.path,
                   fmt::format("libarchive says: {}", escape_for_display(member.warning)));
  m_contents.newest_member = std::max(m_contents.newest_member, member.mtime);
  m_traps.see_header(entry);
  // Of entries with the same path the last one counts, so nothing may be left of an earlier one.
  m_contents.kept.erase(entry.path);
  m_contents.not_kept.erase(entry.path);
  if (m_options.visitor != nullptr) m_options.visitor->begin(entry);
  ASSAY_TRY_VOID(read_content(reader, member, entry));
  if (m_options.visitor != nullptr) m_options.visitor->end(entry);
  m_contents.entries.push_back(std::move(entry));
  const auto replaced = m_index.add_last();
  m_traps.see_entry(m_contents.entries.back(), replaced ? &m_contents.entries[*replaced] : nullptr);
  m_current.clear();
  return {};
}

Result<void> Collector::read_content(MemberReader& reader, const Member& member, TreeEntry& entry) {
  switch (entry.kind) {
    case EntryKind::regular:
      return read_regular(reader, member, entry);
    case EntryKind::symlink:
      digest(entry, as_bytes(entry.link_target));
      return {};
    case EntryKind::hardlink:
      resolve(entry);
      return member.size.value_or(0) > 0 ? read_linked_content(reader, *member.size, entry) : Result<void>{};
    default:
      return {};
  }
}

Result<void> Collector::read_regular(MemberReader& reader, const Member& member, TreeEntry& entry) {
  if (member.encrypted) {
    ++m_encrypted;
    skip(entry, Error{ErrorCode::unsupported, "it is encrypted", {}, "decrypt the archive first"});
    return {};
  }
  ++m_readable;
  auto outcome = m_hooks.check_content ? m_hooks.check_content() : Result<void>{};
  if (outcome) {
    ByteView whole;
    outcome = member.size ? read_pieces(reader, entry, whole) : read_of_unknown_size(reader, entry);
    const auto content = whole.empty() ? ByteView{m_buffer} : whole;
    if (outcome && is_wanted(entry, content)) keep(entry, content);
    forget_large_buffer();
  }
  if (outcome || outcome.error().code != ErrorCode::unsupported) return outcome;
  // Only this member cannot be read; the next ones may.
  skip(entry, outcome.error());
  return {};
}

/// The largest member of a kernel has 16 MB: no need to hold as much to the end for it.
void Collector::forget_large_buffer() {
  constexpr std::size_t k_spare = 1U << 20;
  if (m_buffer.capacity() > k_spare) Bytes{}.swap(m_buffer);
}

Result<void> Collector::read_pieces(MemberReader& reader, TreeEntry& entry, ByteView& whole) {
  ASSAY_TRY_VOID(m_budget.check_entry_size(entry.size));
  m_buffer.clear();
  // What is larger than what may be held is not buffered to find that out.
  m_buffering = m_options.keep && entry.size <= std::min(m_options.max_kept_entry, retained_memory(m_options.limits));
  if (m_buffering) m_buffer.reserve(static_cast<std::size_t>(entry.size));
  m_hashing = !(m_buffering && m_options.git_id_suffices);
  if (m_hashing) m_hasher.begin(entry.size);
  std::uint64_t done = 0;
  while (done < entry.size || !m_trust_sizes) {
    ASSAY_TRY(const auto piece, reader.read());
    if (!piece) break;
    if (m_trust_sizes && piece->offset == 0 && piece->bytes.size() == entry.size) {
      // The common case, a member that lies in one block: no copy of what will probably not be kept.
      m_buffering = false;
      whole = piece->bytes;
    }
    ASSAY_TRY_VOID(give_piece(*piece, done));
  }
  ASSAY_TRY_VOID(fill_hole(entry.size, done));
  if (done != entry.size)
    m_findings.add(Trap::size_mismatch, entry.path,
                   fmt::format("the header says {} bytes, there are {}", entry.size, done));
  entry.size = done;
  if (m_hashing) {
    entry.digests = m_hasher.finish();
    entry.sha256_known = true;
  } else {
    digest_in_steps(entry, whole.empty() ? ByteView{m_buffer} : whole);
  }
  return {};
}

/// Most entries of a genuine release stand in version control, and that they do is all there is to know of them.
void Collector::digest_in_steps(TreeEntry& entry, ByteView content) {
  if (is_foreign(entry, content)) return;
  entry.digests.git_oid = m_hasher.git_id(content);
  if (!is_wanted(entry, content)) return;
  entry.digests = m_hasher.complete(entry.digests.git_oid, content);
  entry.sha256_known = true;
}

/// Is the entry neither at a path of version control nor one of its blobs? Then it has its digests. Given up where a whole release
/// stands at other paths and most answers are no.
bool Collector::is_foreign(TreeEntry& entry, ByteView content) {
  constexpr std::int64_t k_patience = 16;
  if (!m_options.has_path || m_foreign_balance < -k_patience || m_options.has_path(entry)) return false;
  const auto digests = m_hasher.complete({}, content);
  const bool foreign = !m_options.has_blob(digests.git_oid);
  m_foreign_balance += foreign ? 1 : -1;
  if (!foreign) return false;
  entry.digests = digests;
  entry.sha256_known = true;
  return true;
}

/// git hashes the size first, so the content has to be held until it is known.
Result<void> Collector::read_of_unknown_size(MemberReader& reader, TreeEntry& entry) {
  m_buffer.clear();
  std::uint64_t done = 0;
  for (;;) {
    ASSAY_TRY(const auto piece, reader.read());
    if (!piece) break;
    done += piece->bytes.size();
    if (done > retained_memory(m_options.limits))
      return limit_error("memory", m_options.limits.memory, "an entry of unannounced size has too many bytes");
    ASSAY_TRY_VOID(m_budget.add_content(piece->bytes.size(), done, m_hooks.compressed_size()));
    m_buffer.insert(m_buffer.end(), piece->bytes.begin(), piece->bytes.end());
  }
  entry.size = done;
  digest(entry, m_buffer);
  if (m_options.visitor != nullptr && !m_buffer.empty()) m_options.visitor->data(m_buffer);
  return {};
}

/// cpio puts the content of linked files behind the last of the links; pax allows it behind any.
Result<void> Collector::read_linked_content(MemberReader& reader, std::uint64_t size, TreeEntry& entry) {
  const auto found = m_index.find(normalise_path(entry.link_target));
  entry.size = size;
  ByteView whole;
  ASSAY_TRY_VOID(read_pieces(reader, entry, whole));
  const auto content = whole.empty() ? ByteView{m_buffer} : whole;
  if (is_wanted(entry, content)) keep(entry, content);
  if (!found) return {};
  auto& target = m_contents.entries[*found];
  if (target.kind != EntryKind::regular || target.digests == entry.digests) return {};
  if (target.size > 0) {
    m_findings.add(Trap::header_conflict, entry.path, "the hard link brings other content than its target has");
    return {};
  }
  target.size = entry.size;
  target.digests = entry.digests;
  m_relinked = true;
  if (is_wanted(target, content)) keep(target, content);
  return {};
}

/// The other links to a file whose content came with the last of them.
void Collector::resolve_again() {
  for (auto& entry : m_contents.entries) {
    if (entry.kind != EntryKind::hardlink) continue;
    if (const auto found = m_index.find(normalise_path(entry.link_target)); found)
      copy_content(m_contents.entries[*found], entry);
  }
}

Result<void> Collector::give_piece(const MemberReader::Piece& piece, std::uint64_t& done) {
  ASSAY_TRY_VOID(fill_hole(piece.offset, done));
  ASSAY_TRY_VOID(m_budget.add_content(piece.bytes.size(), done + piece.bytes.size(), m_hooks.compressed_size()));
  give(piece.bytes);
  done += piece.bytes.size();
  return {};
}

Result<void> Collector::fill_hole(std::uint64_t until, std::uint64_t& done) {
  while (done < until) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(until - done, k_zeros.size()));
    ASSAY_TRY_VOID(m_budget.add_content(count, done + count, m_hooks.compressed_size()));
    ASSAY_TRY_VOID(m_deadline.check());
    give(ByteView{k_zeros}.first(count));
    done += count;
  }
  return {};
}

void Collector::give(ByteView bytes) {
  if (bytes.empty()) return;
  if (m_hashing) m_hasher.update(bytes);
  if (m_options.visitor != nullptr) m_options.visitor->data(bytes);
  if (m_buffering) m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
}

void Collector::digest(TreeEntry& entry, ByteView content) {
  m_hasher.begin(content.size());
  m_hasher.update(content);
  entry.digests = m_hasher.finish();
  entry.sha256_known = true;
}

bool Collector::is_wanted(const TreeEntry& entry, ByteView content) const {
  if (m_options.keep && m_options.keep(entry)) return true;
  return m_options.keep_content && content.size() == entry.size && m_options.keep_content(entry, content);
}

void Collector::keep(const TreeEntry& entry, ByteView content) {
  if (content.size() == entry.size && entry.size <= m_options.max_kept_entry && m_budget.retain(entry.size)) {
    m_contents.kept.insert_or_assign(entry.path, Bytes{content.begin(), content.end()});
  } else {
    m_contents.not_kept.insert(entry.path);
  }
}

void Collector::resolve(TreeEntry& entry) {
  const auto found = m_index.find(normalise_path(entry.link_target));
  const auto* const target = found ? &m_contents.entries[*found] : nullptr;
  m_traps.see_hardlink(entry, target);
  if (target == nullptr) return;
  copy_content(*target, entry);
  // The content has gone by already; read_members() finds it.
  static constexpr DigestSet k_not_read{};
  if (entry.digests != k_not_read && m_options.keep && m_options.keep(entry)) m_contents.not_kept.insert(entry.path);
}

void Collector::skip(const TreeEntry& entry, const Error& why) {
  if (why.code == ErrorCode::format) m_contents.damage.insert(m_contents.coverage.gaps.size());
  m_contents.coverage.add(escape_for_display(entry.path), why.message, why.remedy);
}

}  // namespace assay::archive
