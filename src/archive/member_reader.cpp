#include "archive/member_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>
#include <sys/stat.h>

#include <exception>
#include <new>
#include <stdexcept>

#include "archive/budget.hpp"

namespace assay::archive {

namespace {

struct ArchiveDeleter {
  void operator()(::archive* handle) const { archive_read_free(handle); }
};
struct EntryDeleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
struct LocaleDeleter {
  void operator()(locale_t locale) const { freelocale(locale); }
};
using LocalePtr = std::unique_ptr<std::remove_pointer_t<locale_t>, LocaleDeleter>;

constexpr std::size_t k_store_block = 256U << 10;

/// libarchive converts names between the character set of the format and that of the thread's locale. In "C" it gives
/// up on anything but ASCII and hands out the bytes as they are: just right for formats whose names are bytes. Names
/// that are UTF-16 or flagged as UTF-8 need a UTF-8 locale to come out at all.
LocalePtr locale_for(Format format) {
  if (!needs_store(format)) return LocalePtr{newlocale(LC_ALL_MASK, "C", nullptr)};
  for (const char* name : {"C.UTF-8", "en_US.UTF-8"})
    if (const auto locale = newlocale(LC_CTYPE_MASK, name, nullptr); locale != nullptr) return LocalePtr{locale};
  return LocalePtr{newlocale(LC_ALL_MASK, "C", nullptr)};
}

class LocaleScope {
 public:
  explicit LocaleScope(const LocalePtr& locale) : m_before(uselocale(locale.get())) {}
  ~LocaleScope() { uselocale(m_before); }
  LocaleScope(const LocaleScope&) = delete;
  LocaleScope& operator=(const LocaleScope&) = delete;

 private:
  locale_t m_before;
};

void check(int code, ::archive* handle) {
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
    throw std::runtime_error{fmt::format("libarchive: {}", archive_error_string(handle))};
}

void enable(::archive* handle, Format format) {
  switch (format) {
    case Format::tar:
      return check(archive_read_support_format_tar(handle), handle);
    case Format::zip:
      return check(archive_read_support_format_zip_seekable(handle), handle);
    case Format::cpio:
      return check(archive_read_support_format_cpio(handle), handle);
    case Format::ar:
      return check(archive_read_support_format_ar(handle), handle);
    case Format::seven_zip:
      return check(archive_read_support_format_7zip(handle), handle);
    case Format::iso9660:
      return check(archive_read_support_format_iso9660(handle), handle);
    case Format::cabinet:
      return check(archive_read_support_format_cab(handle), handle);
    case Format::unknown:
      throw std::logic_error{"no format to read"};
  }
}

EntryKind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return EntryKind::hardlink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFLNK:
      return EntryKind::symlink;
    case AE_IFDIR:
      return EntryKind::directory;
    case AE_IFCHR:
    case AE_IFBLK:
      return EntryKind::device;
    case AE_IFIFO:
      return EntryKind::fifo;
    case AE_IFSOCK:
      return EntryKind::socket;
    default:
      return EntryKind::regular;
  }
}

std::string text_or_empty(const char* text) {
  return text != nullptr ? std::string{text} : std::string{};
}

class LibarchiveReader final : public MemberReader {
 public:
  LibarchiveReader(Format format, Pull pull, std::uint64_t max_header, const ByteStore* store)
      : m_format(format),
        m_pull(std::move(pull)),
        m_max_header(max_header),
        m_store(store),
        m_locale(locale_for(format)),
        m_handle(archive_read_new()),
        m_entry(archive_entry_new()) {
    if (m_handle == nullptr || m_entry == nullptr) throw std::bad_alloc{};
    enable(m_handle.get(), format);
    archive_read_set_callback_data(m_handle.get(), this);
    archive_read_set_read_callback(m_handle.get(), on_read);
    if (store != nullptr) {
      m_block.resize(k_store_block);
      archive_read_set_seek_callback(m_handle.get(), on_seek);
      archive_read_set_skip_callback(m_handle.get(), on_skip);
    }
  }

  Result<std::optional<Member>> next() override {
    const LocaleScope scope{m_locale};
    m_pulled = 0;
    if (!m_opened) {
      m_opened = true;
      if (archive_read_open1(m_handle.get()) != ARCHIVE_OK) return failure("cannot be read");
    }
    const int code = archive_read_next_header2(m_handle.get(), m_entry.get());
    rethrow();
    if (code == ARCHIVE_EOF) return std::optional<Member>{};
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return failure("has a damaged header");
    auto member = describe();
    if (code == ARCHIVE_WARN) member.warning = warning();
    return std::optional{std::move(member)};
  }

  Result<std::optional<Piece>> read() override {
    const LocaleScope scope{m_locale};
    m_pulled.reset();
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int code = archive_read_data_block(m_handle.get(), &data, &size, &offset);
    rethrow();
    if (code == ARCHIVE_EOF) return std::optional<Piece>{};
    if (code == ARCHIVE_OK)
      return std::optional{Piece{static_cast<std::uint64_t>(offset), {static_cast<const std::uint8_t*>(data), size}}};
    auto error = failure("is damaged");
    if (error.code == ErrorCode::format && code != ARCHIVE_FATAL) error.code = ErrorCode::unsupported;
    return error;
  }

  std::uint64_t position() const override {
    return static_cast<std::uint64_t>(archive_filter_bytes(m_handle.get(), 0));
  }

 private:
  Member describe() const {
    auto* const entry = m_entry.get();
    Member member;
    member.path = text_or_empty(archive_entry_pathname(entry));
    member.kind = kind_of(entry);
    if (member.kind == EntryKind::hardlink) member.link_target = text_or_empty(archive_entry_hardlink(entry));
    if (member.kind == EntryKind::symlink) member.link_target = text_or_empty(archive_entry_symlink(entry));
    member.mode = archive_entry_perm(entry) & 07777U;
    member.uid = static_cast<std::uint32_t>(archive_entry_uid(entry));
    member.gid = static_cast<std::uint32_t>(archive_entry_gid(entry));
    member.mtime = archive_entry_mtime(entry);
    if (archive_entry_size_is_set(entry) != 0) member.size = static_cast<std::uint64_t>(archive_entry_size(entry));
    member.encrypted = archive_entry_is_encrypted(entry) != 0;
    member.header_offset = static_cast<std::uint64_t>(archive_read_header_position(m_handle.get()));
    return member;
  }

  std::string warning() const {
    auto words = text_or_empty(archive_error_string(m_handle.get()));
    // That a name cannot be converted is what we want: the bytes are then given as they are (see locale_for). Only in
    // 7z there are no such bytes.
    if (m_format != Format::seven_zip && words.ends_with("to current locale.")) words.clear();
    return words;
  }

  /// Why libarchive stopped: what our own callback refused, or else its own words.
  Error failure(std::string_view fallback) {
    rethrow();
    if (!m_outcome) return m_outcome.error();
    const char* const words = archive_error_string(m_handle.get());
    return Error{ErrorCode::format, words != nullptr ? std::string{words} : std::string{fallback}, {}, {}};
  }

  void rethrow() {
    if (m_exception) std::rethrow_exception(std::exchange(m_exception, nullptr));
  }

  // libarchive is C: no exception may pass through it.
  static la_ssize_t on_read(::archive* /*handle*/, void* self, const void** buffer) {
    auto& reader = *static_cast<LibarchiveReader*>(self);
    try {
      auto block = reader.m_store != nullptr ? reader.read_store() : reader.pull();
      if (!block) {
        reader.m_outcome = block.error();
        return ARCHIVE_FATAL;
      }
      *buffer = block->data();
      return static_cast<la_ssize_t>(block->size());
    } catch (...) {
      reader.m_exception = std::current_exception();
      return ARCHIVE_FATAL;
    }
  }

  static la_int64_t on_seek(::archive* /*handle*/, void* self, la_int64_t offset, int whence) {
    auto& reader = *static_cast<LibarchiveReader*>(self);
    const auto size = static_cast<la_int64_t>(reader.m_store->size());
    const la_int64_t base = whence == SEEK_SET   ? 0
                            : whence == SEEK_CUR ? static_cast<la_int64_t>(reader.m_offset)
                                                 : size;
    la_int64_t target = 0;
    if (__builtin_add_overflow(base, offset, &target) || target < 0 || target > size) return ARCHIVE_FATAL;
    reader.m_offset = static_cast<std::uint64_t>(target);
    return target;
  }

  static la_int64_t on_skip(::archive* /*handle*/, void* self, la_int64_t request) {
    auto& reader = *static_cast<LibarchiveReader*>(self);
    const auto left = static_cast<la_int64_t>(reader.m_store->size() - reader.m_offset);
    const auto skipped = request < 0 ? 0 : std::min(request, left);
    reader.m_offset += static_cast<std::uint64_t>(skipped);
    return skipped;
  }

  /// The next block, unless a header takes more than it may. Its first block may hold much that is not of the header.
  Result<ByteView> pull() {
    const bool bounded = m_format == Format::cpio || m_format == Format::ar;
    if (bounded && m_pulled && *m_pulled > m_max_header)
      return limit_error("header-size", m_max_header,
                         fmt::format("a header of {}", m_format == Format::ar ? "ar" : "cpio"));
    ASSAY_TRY(const auto block, m_pull());
    if (m_pulled) *m_pulled += block.size();
    return block;
  }

  Result<ByteView> read_store() {
    ASSAY_TRY(const auto got, m_store->read_at(m_offset, m_block));
    m_offset += got;
    return ByteView{m_block}.first(got);
  }

  const Format m_format;
  const Pull m_pull;
  const std::uint64_t m_max_header;
  std::optional<std::uint64_t> m_pulled;  ///< bytes pulled for the present header; nothing while content is read
  const ByteStore* const m_store;
  const LocalePtr m_locale;
  Bytes m_block;
  std::uint64_t m_offset = 0;
  bool m_opened = false;
  Result<void> m_outcome;
  std::exception_ptr m_exception;
  std::unique_ptr<::archive, ArchiveDeleter> m_handle;
  std::unique_ptr<archive_entry, EntryDeleter> m_entry;
};

}  // namespace

std::unique_ptr<MemberReader> MemberReader::over_stream(Format format, Pull pull, std::uint64_t max_header) {
  return std::make_unique<LibarchiveReader>(format, std::move(pull), max_header, nullptr);
}

std::unique_ptr<MemberReader> MemberReader::over_store(Format format, const ByteStore& store) {
  return std::make_unique<LibarchiveReader>(format, Pull{}, 0, &store);
}

}  // namespace assay::archive
